/* Implementation of plan.h: the table of run's words. Runs in the outer runner. */
#include "plan.h"

#include <errno.h>
#include <string.h>

#include "cell.h"
#include "limits.h"

static int no_memory(struct err *err)
{
	return fail(err, "E_RUNNER_WORDS", ENOMEM, "cannot hold the plan");
}

static int push_string(char ***array, size_t *count, char *value, struct err *err)
{
	char **slot = array_push(array, count, sizeof(*slot));
	if (slot == NULL)
		return no_memory(err);
	*slot = value;
	return 0;
}

static struct op *push_op(struct plan *plan, enum op_kind kind, const char *target)
{
	struct op *op = array_push(&plan->ops, &plan->op_count, sizeof(*op));
	if (op != NULL) {
		op->kind = kind;
		op->target = target;
		op->pinned = -1;
	}
	return op;
}

static int add_op(struct plan *plan, enum op_kind kind, const char *target, struct err *err)
{
	return push_op(plan, kind, target) == NULL ? no_memory(err) : 0;
}

/* A rule's `take`, with its four parameters, some of which most rules do not need. */
#define TAKE(name)                                                                                 \
	static int take_##name(                                                                    \
		void *at __attribute__((unused)), char **args __attribute__((unused)),             \
		size_t left __attribute__((unused)), struct err *err __attribute__((unused)))

#define TAKE_STRING(name, field)                                                                   \
	TAKE(name)                                                                                 \
	{                                                                                          \
		((struct plan *)at)->field = args[0];                                              \
		return 0;                                                                          \
	}

#define TAKE_OP(name, kind, target)                                                                \
	TAKE(name)                                                                                 \
	{                                                                                          \
		return add_op(at, kind, target, err);                                              \
	}

TAKE_STRING(upper, upper)
TAKE_STRING(work, work)
TAKE_STRING(root, root)
TAKE_STRING(scratch, scratch)
TAKE_STRING(hostname, hostname)
TAKE_STRING(cwd, cwd)
TAKE_STRING(user, user)
TAKE_OP(mount_proc, OP_PROC, "/proc")
TAKE_OP(mount_sys, OP_SYS, "/sys")
TAKE_OP(mount_sys_rw, OP_SYS_RW, "/sys")
TAKE_OP(mount_dev, OP_DEV, "/dev")
TAKE_OP(mask, OP_MASK, args[0])
TAKE_OP(readonly_path, OP_READONLY, args[0])

TAKE(uidmap)
{
	return idmap_take_uid(&((struct plan *)at)->map, args, err);
}

TAKE(gidmap)
{
	return idmap_take_gid(&((struct plan *)at)->map, args, err);
}

TAKE(single_id)
{
	((struct plan *)at)->single_id = true;
	return 0;
}

TAKE(chroot)
{
	((struct plan *)at)->chroot = true;
	return 0;
}

TAKE(lower)
{
	struct plan *plan = at;
	return push_string(&plan->lowers, &plan->lower_count, args[0], err);
}

TAKE(env)
{
	struct plan *plan = at;
	if (strchr(args[0], '=') == NULL)
		return fail(err, "E_RUNNER_WORDS", 0, "env \"%.64s\" has no =", args[0]);
	return push_string(&plan->env, &plan->env_count, args[0], err);
}

TAKE(arg)
{
	struct plan *plan = at;
	return push_string(&plan->args, &plan->arg_count, args[0], err);
}

TAKE(volatile)
{
	((struct plan *)at)->is_volatile = true;
	return 0;
}

TAKE(tty)
{
	((struct plan *)at)->tty = true;
	return 0;
}

TAKE(observe)
{
	((struct plan *)at)->observe = true;
	return 0;
}

TAKE(root_mode)
{
	struct plan *plan = at;
	struct stub *root = &plan->root_mode;
	plan->has_root_mode = true;
	root->is_dir = true;
	return word_ids(args, &root->mode, &root->uid, &root->gid, err);
}

TAKE(stub_dir)
{
	struct plan *plan = at;
	struct stub *stub = array_push(&plan->stubs, &plan->stub_count, sizeof(*stub));
	if (stub == NULL)
		return no_memory(err);
	stub->path = args[0];
	stub->is_dir = true;
	return word_ids(args + 1, &stub->mode, &stub->uid, &stub->gid, err);
}

TAKE(stub_file)
{
	struct plan *plan = at;
	struct stub *stub = array_push(&plan->stubs, &plan->stub_count, sizeof(*stub));
	if (stub == NULL)
		return no_memory(err);
	stub->path = args[0];
	stub->mode = 0644;
	return 0;
}

TAKE(bind)
{
	struct op *op = push_op(at, OP_BIND, args[1]);
	if (op == NULL)
		return no_memory(err);
	op->source = args[0];
	return word_access(args[2], &op->read_only, err);
}

TAKE(bind_in)
{
	struct op *op = push_op(at, OP_BIND, args[2]);
	if (op == NULL)
		return no_memory(err);
	op->source = args[0];
	op->subpath = args[1];
	return word_access(args[3], &op->read_only, err);
}

TAKE(bind_socket)
{
	struct op *op = push_op(at, OP_BIND, args[1]);
	if (op == NULL)
		return no_memory(err);
	op->source = args[0];
	op->is_socket = true;
	return word_ids(args + 2, &op->mode, &op->uid, &op->gid, err);
}

TAKE(bind_layers)
{
	uint64_t count = 0;
	struct op *op = push_op(at, OP_LAYERS, args[1]);
	if (op == NULL)
		return no_memory(err);
	op->subpath = args[0];
	int rc = word_access(args[2], &op->read_only, err);
	if (rc == 0)
		rc = word_number(args[3], 10, left, &count, err);
	if (rc < 0)
		return rc;
	op->layers = args + 4;
	op->layer_count = (size_t)count;
	return (int)count;
}

TAKE(data)
{
	struct op *op = push_op(at, OP_DATA, args[0]);
	if (op == NULL)
		return no_memory(err);
	op->hex = args[5];
	size_t length = strlen(op->hex);
	if (length % 2 != 0 || strspn(op->hex, "0123456789abcdef") != length)
		return fail(err, "E_RUNNER_WORDS", 0, "the content of %.64s is not lower-case hex",
			    args[0]);
	int rc = word_access(args[1], &op->read_only, err);
	return rc < 0 ? rc : word_ids(args + 2, &op->mode, &op->uid, &op->gid, err);
}

TAKE(tmpfs)
{
	uint64_t mode = 0;
	struct op *op = push_op(at, OP_TMPFS, args[0]);
	if (op == NULL)
		return no_memory(err);
	int rc = word_number(args[1], 10, INT64_MAX, &op->size, err);
	if (rc == 0)
		rc = word_number(args[2], 8, 07777, &mode, err);
	op->mode = (mode_t)mode;
	return rc;
}

/* One of two words; *second says which. */
static int take_choice(const char *word, const char *first_word, const char *second_word,
		       bool *second, struct err *err)
{
	*second = strcmp(word, second_word) == 0;
	if (*second || strcmp(word, first_word) == 0)
		return 0;
	return fail(err, "E_RUNNER_WORDS", 0, "\"%.64s\" is neither %s nor %s", word, first_word,
		    second_word);
}

TAKE(observe_by)
{
	return take_choice(args[0], "notice", "ptrace", &((struct plan *)at)->observe_by_ptrace,
			   err);
}

TAKE(network)
{
	return take_choice(args[0], "none", "host", &((struct plan *)at)->host_network, err);
}

TAKE(network_helper)
{
	return netns_take(&((struct plan *)at)->netns, args, err);
}

TAKE(cgroup)
{
	struct plan *plan = at;
	return push_string(&plan->cgroups, &plan->cgroup_count, args[0], err);
}

static int take_amount(const char *text, rlim_t *amount, struct err *err)
{
	uint64_t value = 0;
	if (strcmp(text, "unlimited") == 0) {
		*amount = RLIM_INFINITY;
		return 0;
	}
	int rc = word_number(text, 10, INT64_MAX, &value, err);
	*amount = (rlim_t)value;
	return rc;
}

TAKE(rlimit)
{
	struct plan *plan = at;
	struct limit *limit = array_push(&plan->limits, &plan->limit_count, sizeof(*limit));
	if (limit == NULL)
		return no_memory(err);
	limit->resource = limits_resource(args[0]);
	if (limit->resource < 0)
		return fail(err, "E_RUNNER_WORDS", 0, "there is no limit \"%.64s\"", args[0]);
	int rc = take_amount(args[1], &limit->value.rlim_cur, err);
	return rc < 0 ? rc : take_amount(args[2], &limit->value.rlim_max, err);
}

TAKE(seccomp)
{
	return take_choice(args[0], "default", "none", &((struct plan *)at)->no_seccomp, err);
}

TAKE(caps)
{
	return take_choice(args[0], "default", "all", &((struct plan *)at)->all_caps, err);
}

static const struct word_rule RULES[] = {
	{ "uidmap", 3, take_uidmap },
	{ "gidmap", 3, take_gidmap },
	{ "single-id", 0, take_single_id },
	{ "chroot", 0, take_chroot },
	{ "lower", 1, take_lower },
	{ "upper", 1, take_upper },
	{ "work", 1, take_work },
	{ "root", 1, take_root },
	{ "scratch", 1, take_scratch },
	{ "volatile", 0, take_volatile },
	{ "root-mode", 3, take_root_mode },
	{ "stub-dir", 4, take_stub_dir },
	{ "stub-file", 1, take_stub_file },
	{ "mount-proc", 0, take_mount_proc },
	{ "mount-sys", 0, take_mount_sys },
	{ "mount-sys-rw", 0, take_mount_sys_rw },
	{ "mount-dev", 0, take_mount_dev },
	{ "bind", 3, take_bind },
	{ "bind-in", 4, take_bind_in },
	{ "bind-socket", 5, take_bind_socket },
	{ "bind-layers", 4, take_bind_layers },
	{ "data", 6, take_data },
	{ "tmpfs", 3, take_tmpfs },
	{ "mask", 1, take_mask },
	{ "readonly-path", 1, take_readonly_path },
	{ "hostname", 1, take_hostname },
	{ "network", 1, take_network },
	{ "network-helper", 2, take_network_helper },
	{ "cwd", 1, take_cwd },
	{ "user", 1, take_user },
	{ "env", 1, take_env },
	{ "arg", 1, take_arg },
	{ "tty", 0, take_tty },
	{ "cgroup", 1, take_cgroup },
	{ "rlimit", 3, take_rlimit },
	{ "seccomp", 1, take_seccomp },
	{ "caps", 1, take_caps },
	{ "observe", 0, take_observe },
	{ "observe-by", 1, take_observe_by },
};

int plan_read(struct plan *plan, const struct words *words, struct err *err)
{
	*plan = (struct plan){ .cwd = "/", .user = "" };
	int rc = words_dispatch(words, RULES, lengthof(RULES), plan, err);
	if (rc < 0)
		return rc;
	const struct {
		const char *name;
		bool there;
	} needed[] = {
		{ "upper", plan->upper != NULL }, { "work", plan->work != NULL || plan->chroot },
		{ "root", plan->root != NULL },	  { "scratch", plan->scratch != NULL },
		{ "arg", plan->arg_count > 0 },
	};
	for (size_t i = 0; i < lengthof(needed); i++)
		if (!needed[i].there)
			return fail(err, "E_RUNNER_WORDS", 0, "run needs the word \"%s\"",
				    needed[i].name);
	if (plan->chroot && cell_check(plan, err) < 0)
		return -EINVAL;
	if (plan->single_id && (plan->no_seccomp || plan->all_caps))
		return fail(err, "E_RUNNER_WORDS", 0,
			    "\"single-id\" needs the seccomp filter and the default capabilities");
	if (plan->cwd[0] != '/')
		return fail(err, "E_RUNNER_WORDS", 0, "cwd \"%.64s\" is not absolute", plan->cwd);
	/* Both arrays go to execve, which wants a NULL at the end. */
	if (array_push(&plan->env, &plan->env_count, sizeof(char *)) == NULL ||
	    array_push(&plan->args, &plan->arg_count, sizeof(char *)) == NULL)
		return no_memory(err);
	plan->env_count--;
	plan->arg_count--;
	return 0;
}

void plan_free(struct plan *plan)
{
	idmap_free(&plan->map);
	free(plan->lowers);
	free(plan->stubs);
	free(plan->ops);
	free(plan->cgroups);
	free(plan->limits);
	free(plan->env);
	free(plan->args);
}
