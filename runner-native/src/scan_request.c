/* Implementation of scan_request.h. The client is trusted, the folders are not: no link is followed
 * on the way to one, nor in it. */
#include "scan_request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "content_digest.h"
#include "listing.h"
#include "path.h"

enum { MOST_FILES = 1 << 16, MOST_TEXT = 1 << 29 };

/* As it comes, before path, rows and texts. */
struct head {
	uint32_t number;
	uint16_t kind, path_length;
	uint32_t count, text_length;
};

void scan_request_free(struct scan_request *request)
{
	if (request == NULL)
		return;
	free(request->path);
	free(request->rows);
	free(request->texts);
	free(request);
}

/* Reads `length` bytes into a new buffer with a NUL behind them. */
static void *take(size_t length, int *rc)
{
	char *data = *rc > 0 ? malloc(length + 1) : NULL;
	if (data == NULL) {
		*rc = *rc > 0 ? -ENOMEM : *rc;
		return NULL;
	}
	data[length] = '\0';
	if (length > 0)
		*rc = read_exact(STDIN_FILENO, data, length);
	return data;
}

static bool is_sound(const struct head *head)
{
	bool wants_digests = head->kind == 'd';
	return (wants_digests || head->kind == 'l') && head->path_length > 0 &&
	       (head->count > 0) == wants_digests && head->count <= MOST_FILES &&
	       head->text_length <= MOST_TEXT;
}

/* Whether the texts are as many as the files need, so that walking them ends within them. */
static bool has_texts(const struct scan_request *request, size_t length)
{
	size_t ends = 0;
	for (size_t i = 0; i < length; i++)
		ends += request->texts[i] == '\0';
	return ends == 2 * (size_t)request->count &&
	       (length == 0 || request->texts[length - 1] == '\0');
}

int scan_request_read(struct scan_request **read, struct err *err)
{
	struct head head;
	int rc = read_exact(STDIN_FILENO, &head, sizeof(head));
	*read = NULL;
	if (rc == 0)
		return 0;
	if (rc > 0 && !is_sound(&head))
		return fail(err, "E_STREAM", 0, "a request makes no sense");
	struct scan_request *request = calloc(1, sizeof(*request));
	if (request == NULL)
		return fail(err, "E_IO", ENOMEM, "cannot take a request");
	*read = request;
	request->number = head.number;
	request->wants_digests = head.kind == 'd';
	request->count = head.count;
	request->path = take(head.path_length, &rc);
	request->rows = take(head.count * sizeof(struct sighting), &rc);
	request->texts = take(head.text_length, &rc);
	if (rc <= 0)
		return fail(err, "E_STREAM", -rc, "a request is cut short");
	return has_texts(request, head.text_length)
		       ? 1
		       : fail(err, "E_STREAM", 0,
			      "the names of a request are not as many as its files");
}

/* Opens a folder by its absolute path; a descriptor or -errno. */
static int open_folder(const char *path, uint64_t flags)
{
	cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || *path != '/')
		return root < 0 ? -errno : -EINVAL;
	path++;
	return path_open_beneath(root, *path == '\0' ? "." : path, flags | O_DIRECTORY, 0);
}

static int list(const struct scan_request *request, struct bytes *body)
{
	cleanup_close int folder = open_folder(request->path, O_RDONLY);
	return folder < 0 ? folder : listing_add(body, folder);
}

/* Says at which file it went wrong. */
static int failed_at(uint32_t index, int error, struct bytes *body)
{
	body->length = 0;
	int rc = bytes_add(body, &index, sizeof(index));
	return rc < 0 ? rc : error;
}

static int digest(const struct scan_request *request, struct bytes *body)
{
	uint8_t digest[SHA256_BYTES];
	const char *text = request->texts;
	cleanup_close int folder = open_folder(request->path, O_PATH);
	if (folder < 0)
		return failed_at(0, folder, body);
	for (uint32_t i = 0; i < request->count; i++) {
		struct sighting seen;
		memcpy(&seen, request->rows + i * sizeof(seen), sizeof(seen));
		int rc = strchr(text, '/') != NULL ? -EINVAL : 0;
		if (rc == 0 && S_ISREG(seen.mode))
			rc = content_digest(folder, text, &seen, digest);
		if (rc < 0)
			return failed_at(i, rc, body);
		rc = bytes_add(body, S_ISREG(seen.mode) ? digest : NULL, sizeof(digest));
		if (rc < 0)
			return rc;
		text += strlen(text) + 1;
		text += strlen(text) + 1;
	}
	return 0;
}

int scan_request_perform(const struct scan_request *request, struct bytes *body)
{
	return request->wants_digests ? digest(request, body) : list(request, body);
}
