// SPDX-License-Identifier: GPL-2.0
/*
 * A connector driver under remote control, so that a test in userspace reaches
 * every parameter of the four connector functions.
 *
 * Each write to /proc/cn_probe is one command, each read gives what the last
 * command of that open file answered. A write fails with -EINVAL when it is not
 * a command; the errors of the connector are answers. Numbers are decimal.
 *
 *	add IDX VAL DOES NAME	registers an id whose callback DOES one of
 *				quiet	nothing
 *				echo	sends the message back, with ack + 1
 *				repeat	does as echo does, seq times
 *				hold	waits, at most seq milliseconds, for "release"
 *				leave	removes its own id
 *				linger	waits as hold does, then removes its own id
 *				depart	removes its own id, then waits as hold does
 *				cross	waits as hold does, then removes the id
 *					whose VAL differs in the lowest bit
 *	del IDX VAL		removes an id
 *	forget IDX VAL		leaves an id to itself, as a faulty driver would
 *	release			ends the waiting of every hold, until the next add
 *	send IDX VAL SEQ ACK LEN COUNT PORT GROUP CONTEXT PRIORITY
 *				sends COUNT messages of LEN bytes in one datagram,
 *				from CONTEXT kernel or atomic, past the sockets with
 *				that SO_PRIORITY if it is not 0; seq counts up from
 *				SEQ and byte n of a payload is its seq + n
 *	churn IDX VAL ROUNDS	adds and removes an id, and answers how often another
 *				task had added it
 *	flood IDX VAL ROUNDS	sends by id, and answers how often it was unknown
 *	seen			CALLS RUNNING IDX VAL SEQ ACK LEN FLAGS PORT UID:
 *				calls so far, those running now, and the last one
 */

#include <linux/bottom_half.h>
#include <linux/connector.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/sock.h>

#include "../command_file.h"
#include "cn_probe.h"

static int probe_filter(struct sock *receiver, struct sk_buff *skb, void *data)
{
	const u32 *priority = data;

	return READ_ONCE(receiver->sk_priority) == *priority;
}

/* The messages of one "send", one behind the other as w1 bundles them. */
static struct cn_msg *probe_bundle(const struct cb_id *id, u32 seq, u32 ack,
				   u16 len, u32 count)
{
	size_t each = sizeof(struct cn_msg) + len;
	u8 *bundle, *at;
	u32 i, n;

	bundle = kcalloc(count, each, GFP_KERNEL);
	if (!bundle)
		return NULL;

	for (i = 0, at = bundle; i < count; i++, at += each) {
		struct cn_msg msg = {
			.id = *id, .seq = seq + i, .ack = ack, .len = len,
		};

		memcpy(at, &msg, sizeof(msg));
		for (n = 0; n < len; n++)
			at[sizeof(msg) + n] = msg.seq + n;
	}
	return (struct cn_msg *)bundle;
}

static int probe_send(struct cn_msg *bundle, u16 len, u32 portid, u32 group,
		      gfp_t gfp, u32 priority)
{
	if (priority)
		return cn_netlink_send_mult(bundle, len, portid, group, gfp,
					    probe_filter, &priority);
	if (bundle->len != len)
		return cn_netlink_send_mult(bundle, len, portid, group, gfp,
					    NULL, NULL);
	return cn_netlink_send(bundle, portid, group, gfp);
}

static int probe_command_add(const char *command, char *answer)
{
	char name[64], does[8];
	struct cb_id id;

	if (sscanf(command, "add %u %u %7s %63s", &id.idx, &id.val, does, name) != 4)
		return -EINVAL;
	sprintf(answer, "%d\n", probe_add(&id, does, name));
	return 0;
}

static int probe_command_send(const char *command, char *answer)
{
	u32 seq, ack, len, count, portid, group, priority;
	struct cn_msg *bundle;
	struct cb_id id;
	char context[8];
	bool atomic;
	u64 total;
	int ret;

	if (sscanf(command, "send %u %u %u %u %u %u %u %u %7s %u",
		   &id.idx, &id.val, &seq, &ack, &len, &count, &portid, &group,
		   context, &priority) != 10)
		return -EINVAL;
	atomic = !strcmp(context, "atomic");
	if (!atomic && strcmp(context, "kernel"))
		return -EINVAL;
	total = (u64)count * (sizeof(struct cn_msg) + len);
	if (!count || len > U16_MAX || total > sizeof(struct cn_msg) + U16_MAX)
		return -EINVAL;

	bundle = probe_bundle(&id, seq, ack, len, count);
	if (!bundle)
		return -ENOMEM;
	total -= sizeof(struct cn_msg);
	if (atomic) {
		local_bh_disable();
		ret = probe_send(bundle, total, portid, group, GFP_ATOMIC, priority);
		local_bh_enable();
	} else {
		ret = probe_send(bundle, total, portid, group, GFP_KERNEL, priority);
	}
	kfree(bundle);
	sprintf(answer, "%d\n", ret);
	return 0;
}

static int probe_command_loop(const char *command, char *answer)
{
	struct cb_id id;
	u32 rounds;

	if (sscanf(command, "churn %u %u %u", &id.idx, &id.val, &rounds) == 3)
		sprintf(answer, "%d\n", probe_churn(&id, rounds));
	else if (sscanf(command, "flood %u %u %u", &id.idx, &id.val, &rounds) == 3)
		sprintf(answer, "%d\n", probe_flood(&id, rounds));
	else
		return -EINVAL;
	return 0;
}

static void probe_command_seen(char *answer)
{
	struct probe_seen seen = probe_seen();

	snprintf(answer, COMMAND_ANSWER_MAX, "%u %u %u %u %u %u %u %u %u %u\n",
		 seen.calls, seen.running, seen.msg.id.idx, seen.msg.id.val,
		 seen.msg.seq, seen.msg.ack, seen.msg.len, seen.msg.flags,
		 seen.portid, seen.uid);
}

static int command_run(const char *command, char *answer)
{
	struct cb_id id;

	if (sscanf(command, "del %u %u", &id.idx, &id.val) == 2) {
		probe_remove(&id);
		strscpy(answer, "0\n", COMMAND_ANSWER_MAX);
		return 0;
	}
	if (sscanf(command, "forget %u %u", &id.idx, &id.val) == 2) {
		probe_forget(&id);
		strscpy(answer, "0\n", COMMAND_ANSWER_MAX);
		return 0;
	}
	if (!strcmp(command, "release")) {
		probe_release();
		strscpy(answer, "0\n", COMMAND_ANSWER_MAX);
		return 0;
	}
	if (!strcmp(command, "seen")) {
		probe_command_seen(answer);
		return 0;
	}
	if (strstarts(command, "add "))
		return probe_command_add(command, answer);
	if (strstarts(command, "send "))
		return probe_command_send(command, answer);
	return probe_command_loop(command, answer);
}

static int __init probe_init(void)
{
	return command_file_create("cn_probe");
}

static void __exit probe_exit(void)
{
	/* The file first: no command may add what nobody would remove. */
	remove_proc_entry("cn_probe", NULL);
	probe_release();
	probe_remove_all();
}

module_init(probe_init);
module_exit(probe_exit);

MODULE_DESCRIPTION("Connector driver under the control of a test");
MODULE_LICENSE("GPL");
