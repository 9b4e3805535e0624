// SPDX-License-Identifier: GPL-2.0
/*
 * Does wrong what a kernel with its checks on must notice, once each, when it is
 * loaded. Nothing else in the kernel comes to harm.
 */

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timer.h>

struct faulty {
	struct timer_list timer;
	int value;
};

static struct faulty __rcu *faulty_published;
static DEFINE_MUTEX(faulty_first);
static DEFINE_MUTEX(faulty_second);

static void faulty_expired(struct timer_list *timer)
{
}

static struct faulty *faulty_new(void)
{
	return kzalloc_obj(struct faulty);
}

/* Several: the last one's address may still lie on a stack. */
static void faulty_leak(void)
{
	int i;

	for (i = 0; i < 16; i++)
		barrier_data(faulty_new());
}

static void faulty_use_after_free(void)
{
	struct faulty *freed = faulty_new();

	if (!freed)
		return;
	kfree(freed);
	OPTIMIZER_HIDE_VAR(freed);
	(void)READ_ONCE(freed->value);
}

static void faulty_free_active_timer(void)
{
	struct faulty *active = faulty_new();

	if (!active)
		return;
	timer_setup(&active->timer, faulty_expired, 0);
	mod_timer(&active->timer, jiffies + HZ * 3600);
	kfree(active);
}

static void faulty_sleep(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
}

static void faulty_read_unlocked(void)
{
	(void)rcu_dereference(faulty_published);
}

static void faulty_lock(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static int __init faulty_init(void)
{
	faulty_leak();
	faulty_sleep();
	faulty_read_unlocked();
	/* After its first report lockdep looks no more, nor after one of KASAN. */
	faulty_lock(&faulty_first, &faulty_second);
	faulty_lock(&faulty_second, &faulty_first);
	faulty_use_after_free();
	faulty_free_active_timer();
	return 0;
}

static void __exit faulty_exit(void)
{
}

module_init(faulty_init);
module_exit(faulty_exit);

MODULE_DESCRIPTION("Does wrong what the kernel's checks must notice");
MODULE_LICENSE("GPL");
