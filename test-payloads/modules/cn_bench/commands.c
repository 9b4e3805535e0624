// SPDX-License-Identifier: GPL-2.0
/*
 * Measures the connector's functions around the call itself, and holds the ids
 * and sockets that userspace measures its own calls on.
 *
 * Each write to /proc/cn_bench is one command, each read gives what the last
 * command of that open file answered. A write fails with -EINVAL when it is not
 * a command. Numbers are decimal; a COST is a difference of two readings of the
 * processor's counter.
 *
 *	empty		COST 0: of nothing, which is what reading the counter costs
 *	loop ROUNDS	COST 0: of a loop of two instructions
 *	fill COUNT	registers ids until there are COUNT; 0 RESULT
 *	clear		removes all ids; 0 0
 *	add quiet|echo	registers one more id, whose callback does nothing or
 *			sends the message back; COST RESULT
 *	del		removes the last id; COST 0
 *	send GROUP LEN	sends a message of the last id, with LEN bytes, to GROUP,
 *			or if that is 0 to the group found by the id; COST RESULT
 *	send-unknown	sends an empty message of an id that is not registered to the
 *			group found by it; COST RESULT
 *	received	how many messages came where nothing else is done; 0 COUNT
 *	bare-send LEN	sends LEN bytes to the group of the bare socket; COST RESULT
 *	genl-send LEN	sends a message with LEN bytes to the group of the generic
 *			netlink family; COST RESULT
 *	genl-id		the number of that family; 0 NUMBER
 *	genl-group	the number of its group; 0 NUMBER
 */

#include <linux/cleanup.h>
#include <linux/connector.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../command_file.h"
#include "cn_bench.h"

/* One command at a time. */
static DEFINE_MUTEX(bench_mutex);

static struct bench_cost bench_empty(void)
{
	struct bench_cost cost = {};

	cost.count = bench_measure(barrier());
	return cost;
}

static struct bench_cost bench_loop(unsigned long rounds)
{
	struct bench_cost cost = {};

	cost.count = bench_measure(asm volatile("1: dec %0; jnz 1b" : "+r" (rounds)));
	return cost;
}

static struct bench_cost bench_send(struct cb_id id, u32 group, u16 len)
{
	struct bench_cost cost = { .result = -ENOMEM };
	struct cn_msg *msg;

	msg = kzalloc(sizeof(*msg) + len, GFP_KERNEL);
	if (!msg)
		return cost;
	msg->id = id;
	msg->len = len;
	cost.count = bench_measure(cost.result = cn_netlink_send(msg, 0, group, GFP_KERNEL));
	kfree(msg);
	return cost;
}

static u32 bench_count(void)
{
	u32 count = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		count += per_cpu(bench_received, cpu);
	return count;
}

static int bench_command(const char *command, struct bench_cost *cost)
{
	unsigned long rounds;
	u32 number;
	u16 len;

	*cost = (struct bench_cost){};
	if (!strcmp(command, "empty"))
		*cost = bench_empty();
	else if (sscanf(command, "loop %lu", &rounds) == 1 && rounds)
		*cost = bench_loop(rounds);
	else if (sscanf(command, "fill %u", &number) == 1)
		cost->result = bench_fill(number);
	else if (!strcmp(command, "clear"))
		bench_clear();
	else if (!strcmp(command, "add quiet"))
		*cost = bench_add(bench_quiet);
	else if (!strcmp(command, "add echo"))
		*cost = bench_add(bench_echo);
	else if (!strcmp(command, "del"))
		*cost = bench_del();
	else if (sscanf(command, "send %u %hu", &number, &len) == 2)
		*cost = bench_send(bench_last(), number, len);
	else if (!strcmp(command, "send-unknown"))
		*cost = bench_send(bench_unknown(), 0, 0);
	else if (!strcmp(command, "received"))
		cost->result = bench_count();
	else if (sscanf(command, "bare-send %hu", &len) == 1)
		*cost = bench_bare_send(len);
	else if (sscanf(command, "genl-send %hu", &len) == 1)
		*cost = bench_genl_send(len);
	else if (!strcmp(command, "genl-id"))
		cost->result = bench_genl_id();
	else if (!strcmp(command, "genl-group"))
		cost->result = bench_genl_group();
	else
		return -EINVAL;
	return 0;
}

static int command_run(const char *command, char *answer)
{
	struct bench_cost cost;
	int err;

	scoped_guard(mutex, &bench_mutex)
		err = bench_command(command, &cost);
	if (!err)
		snprintf(answer, COMMAND_ANSWER_MAX, "%llu %d\n", cost.count, cost.result);
	return err;
}

static int __init bench_init(void)
{
	int err;

	err = bench_bare_open();
	if (err)
		return err;
	err = bench_genl_open();
	if (err)
		goto close_bare;
	err = command_file_create("cn_bench");
	if (err)
		goto close_genl;
	return 0;

close_genl:
	bench_genl_close();
close_bare:
	bench_bare_close();
	return err;
}

static void __exit bench_exit(void)
{
	/* The file first: no command may add what nobody would remove. */
	remove_proc_entry("cn_bench", NULL);
	bench_clear();
	bench_genl_close();
	bench_bare_close();
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("What the connector's functions cost");
MODULE_LICENSE("GPL");
