/* One RUN step as data: what the words of `run` say, in the order in which pid 1 performs it.
 * Filled by the outer runner, read by its children; holds no policy and opens nothing. */
#pragma once

#include "idmap.h"
#include "netns.h"

enum op_kind {
	OP_PROC,
	OP_SYS,
	OP_SYS_RW,
	OP_DEV,
	OP_BIND,
	OP_LAYERS,
	OP_DATA,
	OP_TMPFS,
	OP_MASK,
	OP_READONLY,
};

/* One set-up operation; which fields mean something depends on `kind`. */
struct op {
	enum op_kind kind;
	const char *source;  /* bind: host path */
	const char *subpath; /* bind: inside source, NULL for source itself; layers: inside them */
	const char *target;  /* inside the merged root */
	const char *hex;     /* data: the content */
	char **layers;	     /* layers: host paths, topmost first */
	size_t layer_count;
	uint64_t size; /* tmpfs */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool read_only;
	bool is_socket; /* bind: a socket, which gets mode and owner */
	int pinned;	/* bind: descriptor of what is bound, opened before anything of the image is
			   mounted */
};

struct stub {
	const char *path;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool is_dir;
	bool kept; /* rung "chroot": the step changed it, so it stays */
};

struct plan {
	struct idmap map;
	char **lowers;
	size_t lower_count;
	const char *upper, *work, *root, *scratch;
	bool is_volatile;
	struct stub root_mode;
	bool has_root_mode;
	struct stub *stubs;
	size_t stub_count;
	struct op *ops;
	size_t op_count;
	const char *hostname;
	bool host_network;
	struct netns netns; /* what the machine's network is for this step */
	const char *cwd;
	const char *user;
	char **env; /* env_count strings and a NULL */
	size_t env_count;
	char **args;
	size_t arg_count;
	bool tty;	/* the command gets a terminal (pty.h) */
	char **cgroups; /* folders */
	size_t cgroup_count;
	struct limit *limits; /* limits.h */
	size_t limit_count;
	bool no_seccomp;
	bool all_caps;
	bool chroot;	 /* no namespaces: `root` is a folder that the step changes (cell.h) */
	bool no_devices; /* rung "chroot": nothing keeps a device node from being opened (cell.h) */
	bool single_id;	 /* ownership is recorded, and a supervisor answers (supervisor.h) */
	bool observe;	 /* the step's look-ups are taken note of (looked.h) */
	bool observe_by_ptrace; /* even where there could be a listener (tracer.h) */
};

/* Reads the plan out of the words. E_RUNNER_WORDS also for what is missing. */
int plan_read(struct plan *plan, const struct words *words, struct err *err);
void plan_free(struct plan *plan);
