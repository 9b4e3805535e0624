// SPDX-License-Identifier: GPL-2.0
/*
 * The ids that the module has registered, and what their callbacks do.
 */

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/connector.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "cn_probe.h"

/* An id that the module must remove before it goes. */
struct probe_id {
	struct list_head link;
	struct cb_id id;
};

static LIST_HEAD(probe_ids);
static DEFINE_SPINLOCK(probe_ids_lock);

static struct probe_seen probe_last;
static DEFINE_SPINLOCK(probe_last_lock);

static atomic_t probe_running = ATOMIC_INIT(0);
static DECLARE_COMPLETION(probe_released);

static void probe_enter(const struct cn_msg *msg,
			const struct netlink_skb_parms *nsp)
{
	atomic_inc(&probe_running);
	spin_lock(&probe_last_lock);
	probe_last.calls++;
	probe_last.msg = *msg;
	probe_last.portid = nsp->portid;
	probe_last.uid = from_kuid(&init_user_ns, nsp->creds.uid);
	spin_unlock(&probe_last_lock);
}

static void probe_leave(void)
{
	atomic_dec(&probe_running);
}

void probe_forget(const struct cb_id *id)
{
	struct probe_id *entry, *next;
	LIST_HEAD(gone);

	spin_lock(&probe_ids_lock);
	list_for_each_entry_safe(entry, next, &probe_ids, link) {
		if (entry->id.idx == id->idx && entry->id.val == id->val)
			list_move(&entry->link, &gone);
	}
	spin_unlock(&probe_ids_lock);

	list_for_each_entry_safe(entry, next, &gone, link)
		kfree(entry);
}

void probe_remove(const struct cb_id *id)
{
	cn_del_callback(id);
	probe_forget(id);
}

void probe_quiet(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	probe_enter(msg, nsp);
	probe_leave();
}

static void probe_reply(const struct cn_msg *msg, u32 portid, u32 times)
{
	struct cn_msg *reply;

	reply = kmemdup(msg, sizeof(*msg) + msg->len, GFP_KERNEL);
	if (!reply)
		return;
	reply->ack++;
	while (times--)
		cn_netlink_send(reply, portid, 0, GFP_KERNEL);
	kfree(reply);
}

static void probe_echo(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	probe_enter(msg, nsp);
	probe_reply(msg, nsp->portid, 1);
	probe_leave();
}

static void probe_repeat(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	probe_enter(msg, nsp);
	probe_reply(msg, nsp->portid, msg->seq);
	probe_leave();
}

static void probe_wait(const struct cn_msg *msg)
{
	wait_for_completion_timeout(&probe_released, msecs_to_jiffies(msg->seq));
}

static void probe_hold(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	probe_enter(msg, nsp);
	probe_wait(msg);
	probe_leave();
}

static void probe_self_remove(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	struct cb_id id = msg->id;

	probe_enter(msg, nsp);
	probe_remove(&id);
	probe_leave();
}

static void probe_linger(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	struct cb_id id = msg->id;

	probe_enter(msg, nsp);
	probe_wait(msg);
	probe_remove(&id);
	probe_leave();
}

static void probe_depart(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	struct cb_id id = msg->id;

	probe_enter(msg, nsp);
	probe_remove(&id);
	probe_wait(msg);
	probe_leave();
}

static void probe_cross(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	struct cb_id other = { .idx = msg->id.idx, .val = msg->id.val ^ 1 };

	probe_enter(msg, nsp);
	probe_wait(msg);
	probe_remove(&other);
	probe_leave();
}

static const struct {
	const char *does;
	void (*callback)(struct cn_msg *msg, struct netlink_skb_parms *nsp);
} probe_callbacks[] = {
	{ "quiet", probe_quiet },
	{ "echo", probe_echo },
	{ "repeat", probe_repeat },
	{ "hold", probe_hold },
	{ "leave", probe_self_remove },
	{ "linger", probe_linger },
	{ "depart", probe_depart },
	{ "cross", probe_cross },
};

int probe_add(const struct cb_id *id, const char *does, const char *name)
{
	struct probe_id *entry;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(probe_callbacks); i++) {
		if (!strcmp(does, probe_callbacks[i].does))
			break;
	}
	if (i == ARRAY_SIZE(probe_callbacks))
		return -EINVAL;

	entry = kzalloc_obj(*entry);
	if (!entry)
		return -ENOMEM;
	entry->id = *id;

	/* What an earlier "release" has let go must hold again. */
	reinit_completion(&probe_released);

	/* Listed first: the callback may remove its id at once. */
	spin_lock(&probe_ids_lock);
	list_add_tail(&entry->link, &probe_ids);
	spin_unlock(&probe_ids_lock);

	err = cn_add_callback(id, name, probe_callbacks[i].callback);
	if (err) {
		spin_lock(&probe_ids_lock);
		list_del(&entry->link);
		spin_unlock(&probe_ids_lock);
		kfree(entry);
	}
	return err;
}

void probe_remove_all(void)
{
	struct probe_id *entry, *next;

	list_for_each_entry_safe(entry, next, &probe_ids, link) {
		cn_del_callback(&entry->id);
		kfree(entry);
	}
}

void probe_release(void)
{
	complete_all(&probe_released);
}

struct probe_seen probe_seen(void)
{
	struct probe_seen seen;

	spin_lock(&probe_last_lock);
	seen = probe_last;
	spin_unlock(&probe_last_lock);
	seen.running = atomic_read(&probe_running);
	return seen;
}
