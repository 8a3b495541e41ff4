/* The network of a step without network: its own namespace, with loopback up. Runs in pid 1, with
 * CAP_NET_ADMIN over that namespace. */
#pragma once

#include "err.h"

int net_loopback_up(struct err *err);
