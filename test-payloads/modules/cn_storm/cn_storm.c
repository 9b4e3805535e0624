// SPDX-License-Identifier: GPL-2.0
/*
 * A connector driver that is only there to come and go. Its callback sends the
 * message back twice: with ack + 1 when it begins, and with ack + 2 when it
 * ends, seq milliseconds later. That of the second id removes itself first.
 */

#include <linux/connector.h>
#include <linux/delay.h>
#include <linux/module.h>

static const struct cb_id storm_id = { 23, 1 };
static const struct cb_id depart_id = { 23, 2 };

static bool has_departed;

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

static void depart_callback(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	cn_del_callback(&depart_id);
	WRITE_ONCE(has_departed, true);
	storm_callback(msg, nsp);
}

static int __init storm_init(void)
{
	int err;

	err = cn_add_callback(&storm_id, "storm", storm_callback);
	if (err)
		return err;
	err = cn_add_callback(&depart_id, "depart", depart_callback);
	if (err)
		cn_del_callback(&storm_id);
	return err;
}

static void __exit storm_exit(void)
{
	cn_del_callback(&storm_id);
	/* Otherwise nothing is left to be removed. */
	if (!READ_ONCE(has_departed))
		cn_del_callback(&depart_id);
}

module_init(storm_init);
module_exit(storm_exit);

MODULE_DESCRIPTION("Connector driver that comes and goes");
MODULE_LICENSE("GPL");
