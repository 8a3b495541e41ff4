/* Implementation of events.h. Runs in the outer runner and in pid 1; an event that cannot be
 * written is lost, since its reader is gone and PDEATHSIG is about to end us. */
#include "events.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

/* Left free by values, so that keys, numbers and the closing of a line always fit. */
#define RESERVE 512

static void put(struct json *json, const char *text, size_t length)
{
	if (json->used + length < sizeof(json->text)) {
		memcpy(json->text + json->used, text, length);
		json->used += length;
	}
}

static void put_text(struct json *json, const char *text)
{
	put(json, text, strlen(text));
}

/* The length of the valid UTF-8 sequence at `s`, or 0. Surrogates and overlong forms are invalid.
 */
static size_t utf8_length(const unsigned char *s)
{
	size_t length = s[0] < 0x80   ? 1
			: s[0] < 0xc2 ? 0
			: s[0] < 0xe0 ? 2
			: s[0] < 0xf0 ? 3
			: s[0] < 0xf5 ? 4
				      : 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
		return 0;
	if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

static void put_quoted(struct json *json, const char *value)
{
	const unsigned char *at = (const unsigned char *)value;
	put_text(json, "\"");
	while (*at != '\0' && json->used + RESERVE < sizeof(json->text)) {
		size_t length = utf8_length(at);
		if (length == 0) {
			put_text(json, "\\ufffd");
			at++;
		} else if (length == 1 &&
			   (*at < 0x20 || *at == '"' || *at == '\\' || *at == 0x7f)) {
			char escape[8];
			snprintf(escape, sizeof(escape), "\\u%04x", *at++);
			put_text(json, escape);
		} else {
			put(json, (const char *)at, length);
			at += length;
		}
	}
	put_text(json, "\"");
}

static void put_key(struct json *json, const char *key)
{
	if (json->used > 0 && json->text[json->used - 1] != '{')
		put_text(json, ",");
	put_text(json, "\"");
	put_text(json, key);
	put_text(json, "\":");
}

void json_begin(struct json *json, const char *event)
{
	json->used = 0;
	put_text(json, "{");
	if (event != NULL)
		json_string(json, "event", event);
}

void json_string(struct json *json, const char *key, const char *value)
{
	put_key(json, key);
	if (value == NULL)
		put_text(json, "null");
	else
		put_quoted(json, value);
}

void json_number(struct json *json, const char *key, int64_t value)
{
	char digits[24];
	snprintf(digits, sizeof(digits), "%lld", (long long)value);
	put_key(json, key);
	put_text(json, digits);
}

void json_bool(struct json *json, const char *key, bool value)
{
	put_key(json, key);
	put_text(json, value ? "true" : "false");
}

void json_object(struct json *json, const char *key)
{
	put_key(json, key);
	put_text(json, "{");
}

void json_close(struct json *json)
{
	put_text(json, "}");
}

int json_send(struct json *json, int fd)
{
	put_text(json, "}\n");
	return write_all(fd, json->text, json->used);
}

int event_hello(void)
{
	struct json json;
	json_begin(&json, "hello");
	json_number(&json, "version", PROTOCOL_VERSION);
	return json_send(&json, EVENT_FD);
}

void event_note(const char *subject, const char *format, ...)
{
	struct json json;
	char message[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	json_begin(&json, "note");
	json_string(&json, "subject", subject);
	json_string(&json, "message", message);
	(void)json_send(&json, EVENT_FD);
}

void event_error(const struct err *err)
{
	struct json json;
	char message[sizeof(err->message) + 128];
	snprintf(message, sizeof(message), "%s%s%s", err->message, err->number == 0 ? "" : ": ",
		 err->number == 0 ? "" : strerror(err->number));
	json_begin(&json, "error");
	json_string(&json, "code", err->code);
	json_string(&json, "errno", errno_name(err->number));
	json_string(&json, "message", message);
	json_string(&json, "hint", err->hint);
	(void)json_send(&json, EVENT_FD);
}
