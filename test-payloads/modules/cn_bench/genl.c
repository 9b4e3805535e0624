// SPDX-License-Identifier: GPL-2.0
/*
 * What one would write today in place of a connector driver: a generic netlink
 * family, whose messages have their payload in one attribute, and a multicast
 * group. It does what the callbacks of ids.c do.
 */

#include <linux/slab.h>
#include <net/genetlink.h>

#include "cn_bench.h"

static struct genl_family bench_family;

static const struct nla_policy bench_policy[BENCH_ATTR_MAX + 1] = {
	[BENCH_ATTR_PAYLOAD] = { .type = NLA_BINARY },
};

static int bench_genl_count(struct sk_buff *skb, struct genl_info *info)
{
	this_cpu_inc(bench_received);
	return 0;
}

/* A message with @len bytes of payload from @data, ready to be sent. */
static struct sk_buff *bench_genl_message(u32 portid, u32 seq, u8 cmd,
					  const void *data, int len)
{
	struct sk_buff *skb = genlmsg_new(nla_total_size(len), GFP_KERNEL);
	void *header;

	if (!skb)
		return NULL;
	header = genlmsg_put(skb, portid, seq, &bench_family, 0, cmd);
	if (!header || (len && nla_put(skb, BENCH_ATTR_PAYLOAD, len, data))) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, header);
	return skb;
}

static int bench_genl_echo(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *payload = info->attrs[BENCH_ATTR_PAYLOAD];
	struct sk_buff *reply;

	reply = bench_genl_message(info->snd_portid, info->snd_seq, BENCH_CMD_ECHO,
				   payload ? nla_data(payload) : NULL,
				   payload ? nla_len(payload) : 0);
	return reply ? genlmsg_reply(reply, info) : -ENOMEM;
}

static const struct genl_ops bench_genl_ops[] = {
	{ .cmd = BENCH_CMD_COUNT, .doit = bench_genl_count },
	{ .cmd = BENCH_CMD_ECHO, .doit = bench_genl_echo },
};

static const struct genl_multicast_group bench_genl_groups[] = {
	{ .name = "heard" },
};

/* Operations in parallel: the connector has no lock that all drivers share either. */
static struct genl_family bench_family __ro_after_init = {
	.name = "cn_bench",
	.version = 1,
	.maxattr = BENCH_ATTR_MAX,
	.policy = bench_policy,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = bench_genl_ops,
	.n_ops = ARRAY_SIZE(bench_genl_ops),
	.resv_start_op = BENCH_CMD_ECHO + 1,
	.mcgrps = bench_genl_groups,
	.n_mcgrps = ARRAY_SIZE(bench_genl_groups),
};

/* As cn_netlink_send() does: builds nothing that nobody hears. */
static int bench_genl_multicast(const void *data, int len)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&bench_family, &init_net, 0))
		return -ESRCH;
	skb = bench_genl_message(0, 0, BENCH_CMD_COUNT, data, len);
	if (!skb)
		return -ENOMEM;
	return genlmsg_multicast(&bench_family, skb, 0, 0, GFP_KERNEL);
}

struct bench_cost bench_genl_send(u16 len)
{
	struct bench_cost cost = { .result = -ENOMEM };
	void *data = kzalloc(len, GFP_KERNEL);

	if (!data)
		return cost;
	cost.count = bench_measure(cost.result = bench_genl_multicast(data, len));
	kfree(data);
	return cost;
}

int bench_genl_id(void)
{
	return bench_family.id;
}

int bench_genl_group(void)
{
	return bench_family.mcgrp_offset;
}

int bench_genl_open(void)
{
	return genl_register_family(&bench_family);
}

void bench_genl_close(void)
{
	genl_unregister_family(&bench_family);
}
