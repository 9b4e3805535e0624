// SPDX-License-Identifier: GPL-2.0
/*
 * Loops in the kernel, so that the connector's functions meet each other more
 * often than a task could make them by commands of their own.
 */

#include <linux/connector.h>
#include <linux/sched.h>

#include "cn_probe.h"

/*
 * Adds and removes an id. Returns how often another task had added it, or the
 * error that nothing explains.
 */
int probe_churn(const struct cb_id *id, u32 rounds)
{
	int taken = 0;

	while (rounds--) {
		int err = cn_add_callback(id, "churn", probe_quiet);

		if (err == -EINVAL)
			taken++;
		else if (err)
			return err;
		cn_del_callback(id);
		cond_resched();
	}
	return taken;
}

/*
 * Sends by id. Returns how often the id was not registered, or the error that
 * nothing explains.
 */
int probe_flood(const struct cb_id *id, u32 rounds)
{
	struct cn_msg msg = { .id = *id };
	int unknown = 0;

	for (; msg.seq < rounds; msg.seq++) {
		int err = cn_netlink_send(&msg, 0, 0, GFP_KERNEL);

		if (err == -ENODEV)
			unknown++;
		else if (err)
			return err;
		cond_resched();
	}
	return unknown;
}
