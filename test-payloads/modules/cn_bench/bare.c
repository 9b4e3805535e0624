// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink without a connector: two kernel sockets that do what the callbacks
 * of ids.c do, with as little as netlink lets them.
 */

#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netlink.h>

#include "cn_bench.h"

static struct sock *bench_floor_sock;
static struct sock *bench_echo_sock;

static void bench_floor_input(struct sk_buff *skb)
{
	this_cpu_inc(bench_received);
}

static void bench_echo_input(struct sk_buff *skb)
{
	int len = (int)skb->len - NLMSG_HDRLEN;
	struct sk_buff *reply;
	struct nlmsghdr *nlh;

	if (len < 0)
		return;
	reply = nlmsg_new(len, GFP_KERNEL);
	if (!reply)
		return;
	nlh = nlmsg_put(reply, 0, nlmsg_hdr(skb)->nlmsg_seq, NLMSG_DONE, len, 0);
	if (!nlh) {
		kfree_skb(reply);
		return;
	}
	memcpy(nlmsg_data(nlh), nlmsg_data(nlmsg_hdr(skb)), len);
	netlink_unicast(bench_echo_sock, reply, NETLINK_CB(skb).portid, 0);
}

/* As cn_netlink_send() does: builds nothing that nobody hears. */
static int bench_bare_multicast(const void *data, int len)
{
	struct sk_buff *skb;
	struct nlmsghdr *nlh;

	if (!netlink_has_listeners(bench_floor_sock, BENCH_FLOOR_GROUP))
		return -ESRCH;
	skb = nlmsg_new(len, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	nlh = nlmsg_put(skb, 0, 0, NLMSG_DONE, len, 0);
	if (!nlh) {
		kfree_skb(skb);
		return -EMSGSIZE;
	}
	memcpy(nlmsg_data(nlh), data, len);
	return netlink_broadcast(bench_floor_sock, skb, 0, BENCH_FLOOR_GROUP, GFP_KERNEL);
}

struct bench_cost bench_bare_send(u16 len)
{
	struct bench_cost cost = { .result = -ENOMEM };
	void *data = kzalloc(len, GFP_KERNEL);

	if (!data)
		return cost;
	cost.count = bench_measure(cost.result = bench_bare_multicast(data, len));
	kfree(data);
	return cost;
}

int bench_bare_open(void)
{
	struct netlink_kernel_cfg floor = { .input = bench_floor_input };
	struct netlink_kernel_cfg echo = { .input = bench_echo_input };

	bench_floor_sock = netlink_kernel_create(&init_net, BENCH_FLOOR, &floor);
	if (!bench_floor_sock)
		return -ENOMEM;
	bench_echo_sock = netlink_kernel_create(&init_net, BENCH_ECHO, &echo);
	if (!bench_echo_sock) {
		netlink_kernel_release(bench_floor_sock);
		return -ENOMEM;
	}
	return 0;
}

void bench_bare_close(void)
{
	netlink_kernel_release(bench_echo_sock);
	netlink_kernel_release(bench_floor_sock);
}
