/* JSON lines on the event descriptor. Each event is one write, so that lines of the outer runner
 * and of pid 1 never mix. Strings are made valid UTF-8 here: they can hold an attacker's bytes. */
#pragma once

#include "err.h"

#define EVENT_FD 4

struct json {
	char text[8192];
	size_t used;
};

/* A line is begun with its event's name, given fields, and sent. Too long a value is cut. */
void json_begin(struct json *json, const char *event);
void json_string(struct json *json, const char *key, const char *value); /* NULL value: null */
void json_number(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_object(struct json *json, const char *key); /* up to the matching json_close */
void json_close(struct json *json);
int json_send(struct json *json, int fd);

int event_hello(void);
void event_note(const char *subject, const char *format, ...) printf_like(2, 3);
void event_error(const struct err *err);
