/* Word tables, the plan of run, and the text of events. */
#include "unit.h"

#include "events.h"
#include "plan.h"

static struct err err;
static struct plan plan;

#define NEEDED "upper /u work /w root /r scratch /s arg /a "

/* Reads a plan from words that a space separates. */
static int read_plan(const char *text)
{
	static char copy[1024];
	static char *word[128];
	struct words list = { .word = word, .count = 0 };
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *at = strtok(copy, " "); at != NULL; at = strtok(NULL, " "))
		word[list.count++] = at;
	return plan_read(&plan, &list, &err);
}

static void check_refused(int rc, const char *message)
{
	CHECK(rc < 0);
	CHECK_TEXT(err.code, "E_RUNNER_WORDS");
	CHECK_TEXT(err.message, message);
	plan_free(&plan);
}

static void test_plan(void)
{
	CHECK(read_plan(NEEDED "bind-layers /x /t rw 2 /l1 /l2 arg b env A=") == 0);
	CHECK(plan.op_count == 1 && plan.ops[0].layer_count == 2 && !plan.ops[0].read_only);
	CHECK_TEXT(plan.ops[0].layers[1], "/l2");
	CHECK(plan.arg_count == 2 && plan.args[2] == NULL && plan.env_count == 1 &&
	      plan.env[1] == NULL);
	CHECK(!plan.host_network && !plan.no_seccomp);
	plan_free(&plan);
}

static void test_refusals(void)
{
	check_refused(read_plan("nonsense"), "unknown word \"nonsense\"");
	check_refused(read_plan(NEEDED "bind /s /t"), "\"bind\" needs 3 arguments");
	check_refused(read_plan(NEEDED "bind /s /t rx"), "\"rx\" is neither ro nor rw");
	check_refused(read_plan(NEEDED "tmpfs /t -1 755"), "\"-1\" is not a number in range");
	check_refused(read_plan(NEEDED "tmpfs /t 0 99"), "\"99\" is not a number in range");
	check_refused(read_plan(NEEDED "bind-layers / /t ro 2 /one"),
		      "\"2\" is not a number in range");
	check_refused(read_plan(NEEDED "data /t ro 644 0 0 abc"),
		      "the content of /t is not lower-case hex");
	check_refused(read_plan(NEEDED "network bridge"), "\"bridge\" is neither none nor host");
	check_refused(read_plan(NEEDED "env A"), "env \"A\" has no =");
	check_refused(read_plan(NEEDED "cwd a"), "cwd \"a\" is not absolute");
	check_refused(read_plan("upper /u"), "run needs the word \"work\"");
}

static void test_events(void)
{
	struct json json;
	json_begin(&json, "x");
	json_string(&json, "a", "q\"\\\n\x7f\xff\xc3\xa9\xed\xa0\x80");
	json_string(&json, "b", NULL);
	json_number(&json, "c", -5);
	json_object(&json, "d");
	json_bool(&json, "e", true);
	json_close(&json);
	json.text[json.used] = '\0';
	CHECK_TEXT(json.text, "{\"event\":\"x\",\"a\":"
			      "\"q\\u0022\\u005c\\u000a\\u007f\\ufffd\xc3\xa9\\ufffd\\ufffd"
			      "\\ufffd\",\"b\":null,\"c\":-5,\"d\":{\"e\":true}");
}

static void test_long_event(void)
{
	static char text[20000];
	struct json json;
	memset(text, '"', sizeof(text) - 1);
	json_begin(&json, "x");
	json_string(&json, "long", text);
	json_number(&json, "after", 1);
	CHECK(json.used < sizeof(json.text));
	CHECK(memcmp(json.text + json.used - 10, ",\"after\":1", 10) == 0);
}

int main(void)
{
	test_plan();
	test_refusals();
	test_events();
	test_long_event();
	return unit_end("words");
}
