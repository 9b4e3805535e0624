/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CN_PROBE_H
#define CN_PROBE_H

#include <linux/connector.h>
#include <linux/types.h>

/**
 * struct probe_seen - what the callbacks of the module have seen
 * @calls:	calls since the module was loaded
 * @running:	calls that have not returned yet
 * @msg:	the header of the last call's message
 * @portid:	the port it came from
 * @uid:	the user who sent it
 */
struct probe_seen {
	u32 calls;
	u32 running;
	struct cn_msg msg;
	u32 portid;
	uid_t uid;
};

int probe_add(const struct cb_id *id, const char *does, const char *name);
void probe_remove(const struct cb_id *id);
void probe_forget(const struct cb_id *id);
void probe_remove_all(void);
void probe_release(void);
struct probe_seen probe_seen(void);

void probe_quiet(struct cn_msg *msg, struct netlink_skb_parms *nsp);
int probe_churn(const struct cb_id *id, u32 rounds);
int probe_flood(const struct cb_id *id, u32 rounds);

#endif /* CN_PROBE_H */
