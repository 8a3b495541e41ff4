/* Implementation of caps.h. */
#include "caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include "sys.h"

static const int KEPT[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,     CAP_FOWNER,	     CAP_MKNOD,
	CAP_NET_RAW, CAP_SETGID,       CAP_SETUID,     CAP_SETFCAP,	     CAP_SETPCAP,
	CAP_KILL,    CAP_AUDIT_WRITE,  CAP_SYS_CHROOT, CAP_NET_BIND_SERVICE,
};

uint64_t caps_kept(unsigned without)
{
	uint64_t mask = 0;
	for (size_t i = 0; i < lengthof(KEPT); i++)
		mask |= (uint64_t)1 << KEPT[i];
	if ((without & CAPS_NO_CHROOT) != 0)
		mask &= ~((uint64_t)1 << CAP_SYS_CHROOT);
	if ((without & CAPS_NO_MKNOD) != 0)
		mask &= ~((uint64_t)1 << CAP_MKNOD);
	return mask;
}

bool caps_has(unsigned cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[cap / 32].effective >> cap % 32 & 1) != 0;
}

int caps_bound(uint64_t kept, struct err *err)
{
	/* Up to the kernel's last capability, which may be newer than our headers. */
	for (int cap = 0; cap < 64; cap++) {
		int is_set = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		if (is_set < 0)
			break;
		if (is_set == 0 || (kept >> cap & 1) != 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return fail(err, "E_SANDBOX", errno, "cannot drop capability %d", cap);
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return fail(err, "E_SANDBOX", errno, "cannot clear the ambient capabilities");
	return 0;
}

static int keep(uint64_t mask, struct err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	if (syscall(SYS_capget, &header, data) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot read the capabilities");
	/* A capability that this machine withholds from us is one that we go without. */
	for (unsigned i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(mask >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot drop the capabilities");
	return 0;
}

int caps_keep(uint64_t kept, struct err *err)
{
	return keep(kept, err);
}

int caps_hold(struct err *err)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot keep the capabilities");
	return 0;
}

int caps_give_all(struct err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	if (syscall(SYS_capget, &header, data) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot read the capabilities");
	for (unsigned i = 0; i < 2; i++)
		data[i].effective = data[i].inheritable = data[i].permitted;
	if (syscall(SYS_capset, &header, data) < 0)
		return fail(err, "E_SANDBOX", errno, "cannot give the capabilities");
	for (unsigned cap = 0; cap < 64; cap++)
		if ((data[cap / 32].permitted >> cap % 32 & 1) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return fail(err, "E_SANDBOX", errno, "cannot give capability %u", cap);
	return 0;
}

int caps_supervise(struct err *err)
{
	return keep(caps_kept(0) | (uint64_t)1 << CAP_SYS_PTRACE, err);
}
