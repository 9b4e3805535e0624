// SPDX-License-Identifier: GPL-2.0
/*
 * A connector driver that is only there to come and go. Its callback sends the
 * message back twice: with ack + 1 when it begins, and with ack + 2 when it
 * ends, seq milliseconds later.
 */

#include <linux/connector.h>
#include <linux/delay.h>
#include <linux/module.h>

static const struct cb_id storm_id = { 23, 1 };

/* Without its data, and without waiting for a sender who does not listen. */
static void storm_reply(struct cn_msg msg, u32 portid, u32 ack)
{
	msg.ack = ack;
	msg.len = 0;
	cn_netlink_send(&msg, portid, 0, GFP_ATOMIC);
}

static void storm_callback(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	storm_reply(*msg, nsp->portid, msg->ack + 1);
	if (msg->seq)
		msleep(msg->seq);
	storm_reply(*msg, nsp->portid, msg->ack + 2);
}

static int __init storm_init(void)
{
	return cn_add_callback(&storm_id, "storm", storm_callback);
}

static void __exit storm_exit(void)
{
	cn_del_callback(&storm_id);
}

module_init(storm_init);
module_exit(storm_exit);

MODULE_DESCRIPTION("Connector driver that comes and goes");
MODULE_LICENSE("GPL");
