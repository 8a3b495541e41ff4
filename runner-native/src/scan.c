/* Implementation of scan.h. This thread reads requests and queues them; workers perform them and
 * write their answers, each in one piece. */
#include "scan.h"

#include <errno.h>
#include <pthread.h>

#include "cores.h"
#include "events.h"
#include "scan_request.h"

enum { MOST_WORKERS = 8, QUEUED = 32 };

struct scan {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct scan_request *queue[QUEUED];
	uint64_t queued, taken; /* numbers of requests */
	bool is_ended;
	int error; /* of writing an answer: 0 or -errno */
	pthread_mutex_t output;
	pthread_t workers[MOST_WORKERS];
	size_t worker_count;
};

/* As it goes out, before the body. */
struct head {
	uint32_t number, error;
	uint64_t length;
};

static int answer(struct scan *scan, const struct scan_request *request)
{
	struct bytes body = { 0 };
	int rc = scan_request_perform(request, &body);
	struct head head = { request->number, (uint32_t)-rc, body.length };
	pthread_mutex_lock(&scan->output);
	rc = write_all(STDOUT_FILENO, &head, sizeof(head));
	if (rc == 0)
		rc = write_all(STDOUT_FILENO, body.data, body.length);
	pthread_mutex_unlock(&scan->output);
	bytes_free(&body);
	return rc;
}

static void *work(void *at)
{
	struct scan *scan = at;
	pthread_mutex_lock(&scan->lock);
	for (;;) {
		while (scan->taken == scan->queued && !scan->is_ended)
			pthread_cond_wait(&scan->moved, &scan->lock);
		if (scan->taken == scan->queued)
			break;
		struct scan_request *request = scan->queue[scan->taken++ % QUEUED];
		bool is_wanted = scan->error == 0;
		pthread_cond_broadcast(&scan->moved);
		pthread_mutex_unlock(&scan->lock);
		int rc = is_wanted ? answer(scan, request) : 0;
		scan_request_free(request);
		pthread_mutex_lock(&scan->lock);
		if (rc < 0)
			scan->error = rc;
	}
	pthread_mutex_unlock(&scan->lock);
	return NULL;
}

static void put(struct scan *scan, struct scan_request *request)
{
	pthread_mutex_lock(&scan->lock);
	while (scan->queued - scan->taken == QUEUED)
		pthread_cond_wait(&scan->moved, &scan->lock);
	scan->queue[scan->queued++ % QUEUED] = request;
	pthread_cond_broadcast(&scan->moved);
	pthread_mutex_unlock(&scan->lock);
}

static int start(struct scan *scan, struct err *err)
{
	size_t cores = core_count(), wanted = cores < MOST_WORKERS ? cores : MOST_WORKERS;
	int rc = 0;
	while (rc == 0 && scan->worker_count < wanted) {
		rc = pthread_create(&scan->workers[scan->worker_count], NULL, work, scan);
		scan->worker_count += rc == 0;
	}
	return rc == 0 ? 0 : fail(err, "E_IO", rc, "cannot start a thread");
}

static void finish(struct scan *scan)
{
	pthread_mutex_lock(&scan->lock);
	scan->is_ended = true;
	pthread_cond_broadcast(&scan->moved);
	pthread_mutex_unlock(&scan->lock);
	for (size_t i = 0; i < scan->worker_count; i++)
		pthread_join(scan->workers[i], NULL);
}

int scan_verb(const struct words *words, struct err *err)
{
	struct scan scan = { .lock = PTHREAD_MUTEX_INITIALIZER,
			     .moved = PTHREAD_COND_INITIALIZER,
			     .output = PTHREAD_MUTEX_INITIALIZER };
	struct scan_request *request;
	struct json json;
	int rc = words_dispatch(words, NULL, 0, NULL, err);
	if (rc == 0)
		rc = start(&scan, err);
	while (rc >= 0 && (rc = scan_request_read(&request, err)) > 0)
		put(&scan, request);
	finish(&scan);
	if (rc < 0)
		return rc;
	if (scan.error < 0)
		return fail(err, "E_IO", -scan.error, "cannot write an answer");
	json_begin(&json, "done");
	rc = json_send(&json, EVENT_FD);
	return rc < 0 ? fail(err, "E_IO", -rc, "cannot tell the end") : 0;
}
