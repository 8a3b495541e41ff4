/* Implementation of user.h. The rules are those of Docker and BuildKit: a name is tried before
 * a number; a number that no line has is itself, with group 0; supplementary groups come from
 * /etc/group when the user is in passwd and no group was given. Lines that are malformed are
 * skipped. */
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "path.h"

#define FILE_LIMIT ((size_t)10 << 20)
#define ID_MAX	   0x7fffffff

/* A stretch of text that is not ended by NUL. */
struct span {
	const char *at;
	size_t length;
};

static bool span_is(struct span span, const char *text)
{
	return strlen(text) == span.length && memcmp(span.at, text, span.length) == 0;
}

static bool span_number(struct span span, uint32_t *value)
{
	char text[16];
	uint64_t number;
	if (span.length >= sizeof(text))
		return false;
	memcpy(text, span.at, span.length);
	text[span.length] = '\0';
	if (!parse_number(text, 10, ID_MAX, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

static struct span next_part(const char **at, const char *end, char separator)
{
	const char *start = *at;
	const char *stop = memchr(start, separator, (size_t)(end - start));
	*at = stop == NULL ? end : stop + 1;
	return (struct span){ start, (size_t)((stop == NULL ? end : stop) - start) };
}

/* Splits the line at *text into `count` fields at its colons (the last takes the rest) and moves
 * *text past it. False at the end of the text; missing fields are empty. */
static bool next_line(const char **text, struct span *fields, size_t count)
{
	if (**text == '\0')
		return false;
	const char *end = strchrnul(*text, '\n');
	const char *at = *text;
	for (size_t i = 0; i < count; i++)
		fields[i] = at < end ? next_part(&at, end, ':') : (struct span){ end, 0 };
	*text = *end == '\0' ? end : end + 1;
	return true;
}

/* The passwd line that `name` means: one of that name, else one of that number. */
static bool find_user(const char *passwd, const char *name, struct span *found, struct user *user)
{
	struct span fields[7];
	uint64_t wanted;
	bool numeric = parse_number(name, 10, ID_MAX, &wanted);
	bool have = false;
	for (const char *at = passwd; next_line(&at, fields, lengthof(fields));) {
		uint32_t uid, gid;
		bool by_name = span_is(fields[0], name);
		if (!span_number(fields[2], &uid) || !span_number(fields[3], &gid))
			continue;
		if (!by_name && (have || !numeric || uid != wanted))
			continue;
		*found = fields[0];
		user->uid = uid;
		user->gid = gid;
		size_t length = fields[5].length < sizeof(user->home) ? fields[5].length : 0;
		memcpy(user->home, fields[5].at, length);
		user->home[length] = '\0';
		have = true;
		if (by_name)
			break;
	}
	return have;
}

static bool find_group(const char *group, const char *name, gid_t *gid)
{
	struct span fields[4];
	for (const char *at = group; next_line(&at, fields, lengthof(fields));)
		if (span_is(fields[0], name) && span_number(fields[2], gid))
			return true;
	return false;
}

static bool is_member(struct span members, struct span name)
{
	const char *end = members.at + members.length;
	for (const char *at = members.at; at < end;) {
		struct span member = next_part(&at, end, ',');
		if (member.length == name.length && memcmp(member.at, name.at, name.length) == 0)
			return true;
	}
	return false;
}

static void find_memberships(const char *group, struct span name, struct user *user)
{
	struct span fields[4];
	gid_t gid;
	for (const char *at = group; next_line(&at, fields, lengthof(fields));)
		if (is_member(fields[3], name) && span_number(fields[2], &gid) &&
		    user->group_count < USER_MAX_GROUPS)
			user->groups[user->group_count++] = gid;
}

/* The group of the process is the first of its supplementary groups, as runc has it. */
static void add_own_group(struct user *user)
{
	for (size_t i = 0; i < user->group_count; i++)
		if (user->groups[i] == user->gid)
			return;
	size_t kept = user->group_count < USER_MAX_GROUPS ? user->group_count : USER_MAX_GROUPS - 1;
	memmove(user->groups + 1, user->groups, kept * sizeof(gid_t));
	user->groups[0] = user->gid;
	user->group_count = kept + 1;
}

static int resolve(const char *passwd, const char *group, const char *spec, struct user *user,
		   struct err *err)
{
	char name[256];
	uint64_t number;
	struct span login = { 0 };
	const char *colon = strchr(spec, ':');
	size_t length = colon == NULL ? strlen(spec) : (size_t)(colon - spec);
	const char *wanted_group = colon == NULL || colon[1] == '\0' ? NULL : colon + 1;
	*user = (struct user){ 0 };
	if (length >= sizeof(name))
		return fail(err, "E_USER", 0, "the user's name is too long");
	memcpy(name, spec, length);
	name[length] = '\0';
	if (length == 0)
		memcpy(name, "0", 2);

	bool known = passwd != NULL && find_user(passwd, name, &login, user);
	if (!known) {
		if (!parse_number(name, 10, ID_MAX, &number))
			return fail(err, "E_USER", 0,
				    "the image has no user \"%s\" in /etc/passwd%s", name,
				    passwd == NULL ? " (there is no such file)" : "");
		user->uid = (uid_t)number;
	}
	if (wanted_group == NULL) {
		if (known && group != NULL)
			find_memberships(group, login, user);
		return 0;
	}
	if (group != NULL && find_group(group, wanted_group, &user->gid))
		return 0;
	if (!parse_number(wanted_group, 10, ID_MAX, &number))
		return fail(err, "E_USER", 0, "the image has no group \"%s\" in /etc/group%s",
			    wanted_group, group == NULL ? " (there is no such file)" : "");
	user->gid = (gid_t)number;
	return 0;
}

int user_resolve_text(const char *passwd, const char *group, const char *spec, struct user *user,
		      struct err *err)
{
	int rc = resolve(passwd, group, spec, user, err);
	if (rc == 0)
		add_own_group(user);
	return rc;
}

/* The text of a file of the image; *text stays NULL where there is none. */
static int read_image_file(int root, const char *path, char **text, struct err *err)
{
	struct stat st;
	size_t length;
	cleanup_close int fd = path_open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(err, "E_USER", fd < 0 ? -fd : errno, "cannot open %s of the image",
			    path);
	if (!S_ISREG(st.st_mode))
		return fail(err, "E_USER", 0, "%s of the image is not a regular file", path);
	int rc = read_to_end(fd, FILE_LIMIT, text, &length);
	return rc < 0 ? fail(err, "E_USER", -rc, "cannot read %s of the image", path) : 0;
}

int user_resolve(int root, const char *spec, struct user *user, struct err *err)
{
	cleanup_free char *passwd = NULL;
	cleanup_free char *group = NULL;
	int rc = read_image_file(root, "/etc/passwd", &passwd, err);
	if (rc == 0)
		rc = read_image_file(root, "/etc/group", &group, err);
	return rc < 0 ? rc : user_resolve_text(passwd, group, spec, user, err);
}
