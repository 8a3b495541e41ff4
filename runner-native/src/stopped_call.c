/* Implementation of stopped_call.h, for each architecture. */
#include "stopped_call.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

bool stopped_call_read(pid_t pid, struct stopped_call *call)
{
	struct user_regs_struct regs;
	struct iovec room = { &regs, sizeof(regs) };
	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &room) < 0)
		return false;
#if defined(__x86_64__)
	*call = (struct stopped_call){
		.number = (uint32_t)regs.orig_rax,
		.args = { regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9 },
	};
#else
	*call = (struct stopped_call){
		.number = (uint32_t)regs.regs[8],
		.args = { regs.regs[0], regs.regs[1], regs.regs[2], regs.regs[3], regs.regs[4],
			  regs.regs[5] },
	};
#endif
	return true;
}
