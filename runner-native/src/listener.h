/* How pid 1 comes to hear of the calls of the command's process, which installs the filter. A
 * listener goes over by its number alone, since a call that could carry a descriptor may be one
 * that already waits for the supervisor. Nobody but pid 1 can take it, and the exec closes it.
 * Where there is none, the process asks to be traced and waits for the answer before it installs
 * the filter. The report is a socket that keeps messages apart (SOCK_SEQPACKET). */
#pragma once

#include "err.h"

/* Whether a listener can be taken over by its number: a container's filter may forbid that. */
bool listener_can_be_taken(void);

/* In the command's process: tells a courier (see below) of the descriptor `listener`. 0 or -errno.
 */
int listener_offer(int order, int listener);

/* In the command's process: tells pid 1 of the descriptor `listener`, and waits until it is taken:
 * a process that has become another user meanwhile may not be looked into. 0 or -errno. */
int listener_give(int report, int listener);

/* In the command's process, before there is a filter (rung "chroot", where a container's may keep
 * pid 1 from taking a listener by its number): starts a courier, which shares the descriptors but
 * not the filter. Returns the descriptor that listener_offer is to be given in place of `report`,
 * or -errno; by a number below 0 the courier only ends. It is reaped by pid 1. */
int listener_courier(int report);

/* In the command's process: asks to be traced, since `number` (of errno; 0: nobody asked) kept it
 * from having a listener. Whether it is. */
bool listener_ask_tracer(int report, int number);

/* What the command's process tells first: a descriptor; that it asks to be traced, and the number;
 * or a report of its failure (with a code of NULL where it died without one). */
struct offer {
	enum { OFFER_LISTENER, OFFER_TRACER, OFFER_FAILED } kind;
	int listener;
	int number;
};

/* Takes it from the process `owner`; `failure` is the report. */
struct offer listener_take(int report, pid_t owner, struct err *failure);

/* Tells the command's process whether what it waits for is so: it is traced, its listener is taken.
 * 0 or -errno. */
int listener_answer(int report, bool is_so);

/* Takes a message of exactly `size` bytes: 1, or 0 and a report as above. */
int listener_take_message(int report, void *message, size_t size, struct err *failure);
