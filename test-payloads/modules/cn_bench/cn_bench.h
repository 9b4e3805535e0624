/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CN_BENCH_H
#define CN_BENCH_H

#include <linux/connector.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <asm/msr.h>

/*
 * Netlink protocols that nobody else has: the floor that the connector's costs
 * are compared to. The one counts what it receives, the other sends it back.
 */
#define BENCH_FLOOR	30
#define BENCH_ECHO	31

/* The group of the first of them that messages are sent to. */
#define BENCH_FLOOR_GROUP	1

/* The generic netlink family that is another thing to compare to. */
#define BENCH_CMD_COUNT		1
#define BENCH_CMD_ECHO		2
#define BENCH_ATTR_PAYLOAD	1
#define BENCH_ATTR_MAX		BENCH_ATTR_PAYLOAD

/* The idx of all ids, and so the group of the messages sent by id. */
#define BENCH_IDX	20

/* What the processor's counter moves on by while it executes @call. */
#define bench_measure(call)			\
({						\
	u64 bench_start = rdtsc();		\
						\
	call;					\
	rdtsc() - bench_start;			\
})

/**
 * struct bench_cost - what one call cost
 * @count:	by how much the counter moved on
 * @result:	what the call returned
 */
struct bench_cost {
	u64 count;
	int result;
};

/*
 * What callbacks and sockets that do nothing else have received, on each
 * processor: senders on several share nothing here.
 */
DECLARE_PER_CPU(u32, bench_received);

int bench_bare_open(void);
void bench_bare_close(void);
struct bench_cost bench_bare_send(u16 len);

int bench_genl_open(void);
void bench_genl_close(void);
int bench_genl_id(void);
int bench_genl_group(void);
struct bench_cost bench_genl_send(u16 len);

typedef void bench_callback(struct cn_msg *msg, struct netlink_skb_parms *nsp);

void bench_quiet(struct cn_msg *msg, struct netlink_skb_parms *nsp);
void bench_echo(struct cn_msg *msg, struct netlink_skb_parms *nsp);

int bench_fill(u32 count);
void bench_clear(void);
struct bench_cost bench_add(bench_callback *callback);
struct bench_cost bench_del(void);
struct cb_id bench_last(void);
struct cb_id bench_unknown(void);

#endif /* CN_BENCH_H */
