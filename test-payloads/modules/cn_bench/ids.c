// SPDX-License-Identifier: GPL-2.0
/*
 * The ids that the module has registered: BENCH_IDX:1, BENCH_IDX:2 and so on,
 * in this order. What is measured is always done to the last one, for which
 * the C core has to walk over all that came before it.
 */

#include <linux/rcupdate.h>

#include "cn_bench.h"

DEFINE_PER_CPU(u32, bench_received);

/* How many there are, which is the val of the last one. */
static u32 bench_ids;

void bench_quiet(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	this_cpu_inc(bench_received);
}

void bench_echo(struct cn_msg *msg, struct netlink_skb_parms *nsp)
{
	cn_netlink_send(msg, nsp->portid, 0, GFP_KERNEL);
}

struct cb_id bench_last(void)
{
	return (struct cb_id){ .idx = BENCH_IDX, .val = bench_ids };
}

/* The one that would be registered next. */
struct cb_id bench_unknown(void)
{
	return (struct cb_id){ .idx = BENCH_IDX, .val = bench_ids + 1 };
}

/* What earlier calls have put off must not fall into the measurement. */
static void bench_settle(void)
{
	rcu_barrier();
}

struct bench_cost bench_add(bench_callback *callback)
{
	struct cb_id id = bench_unknown();
	struct bench_cost cost;

	bench_settle();
	cost.count = bench_measure(cost.result = cn_add_callback(&id, "bench", callback));
	if (!cost.result)
		bench_ids++;
	return cost;
}

struct bench_cost bench_del(void)
{
	struct cb_id id = bench_last();
	struct bench_cost cost = {};

	bench_settle();
	cost.count = bench_measure(cn_del_callback(&id));
	bench_ids--;
	return cost;
}

int bench_fill(u32 count)
{
	int err = 0;

	while (!err && bench_ids < count) {
		struct cb_id id = bench_unknown();

		err = cn_add_callback(&id, "bench", bench_quiet);
		if (!err)
			bench_ids++;
	}
	bench_settle();
	return err;
}

void bench_clear(void)
{
	struct cb_id id = { .idx = BENCH_IDX };

	for (id.val = 1; id.val <= bench_ids; id.val++)
		cn_del_callback(&id);
	bench_ids = 0;
	bench_settle();
}
