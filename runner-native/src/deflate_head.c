/* Implementation of deflate_head.h. */
#include "deflate_head.h"

#include <stdbool.h>

enum { LENGTHS_OF_LENGTHS = 19 };

/* In which order the lengths of the code for lengths stand. */
static const uint8_t length_order[LENGTHS_OF_LENGTHS] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
							  11, 4,  12, 3, 13, 2, 14, 1, 15 };

/* Bits that follow a symbol of the code for lengths. */
static unsigned extra_of_run(unsigned symbol)
{
	return symbol == 16 ? 2 : symbol == 17 ? 3 : symbol == 18 ? 7 : 0;
}

/* The same length `times` in a row. */
static void add_runs(struct head *head, unsigned value, size_t times)
{
	bool is_first = true; /* a repetition needs something to repeat */
	while (times > 0) {
		size_t now = 1;
		unsigned symbol = value, extra = 0;
		if (value == 0 && times >= 3) {
			now = times < 138 ? times : 138;
			symbol = now < 11 ? 17 : 18;
			extra = (unsigned)now - (now < 11 ? 3 : 11);
		} else if (!is_first && times >= 3) {
			now = times < 6 ? times : 6;
			symbol = 16;
			extra = (unsigned)now - 3;
		}
		head->run[head->runs++] = (uint16_t)(symbol | extra << 5);
		is_first = false;
		times -= now;
	}
}

void head_make(struct head *head, const struct huffman *literals, const struct huffman *distances)
{
	uint8_t all[LITERALS + DISTANCE_CODES];
	uint32_t often[LENGTHS_OF_LENGTHS] = { 0 };
	head->literal_count = LITERALS;
	while (literals->symbol[head->literal_count - 1].length == 0)
		head->literal_count--;
	head->distance_count = DISTANCE_CODES;
	while (distances->symbol[head->distance_count - 1].length == 0)
		head->distance_count--;
	for (size_t i = 0; i < head->literal_count; i++)
		all[i] = literals->symbol[i].length;
	for (size_t i = 0; i < head->distance_count; i++)
		all[head->literal_count + i] = distances->symbol[i].length;
	head->runs = 0;
	size_t count = head->literal_count + head->distance_count;
	for (size_t at = 0, end; at < count; at = end) {
		for (end = at + 1; end < count && all[end] == all[at];)
			end++;
		add_runs(head, all[at], end - at);
	}
	for (size_t i = 0; i < head->runs; i++)
		often[head->run[i] & 31]++;
	huffman_make(&head->lengths, often, LENGTHS_OF_LENGTHS, 7);
	head->length_count = LENGTHS_OF_LENGTHS;
	while (head->length_count > 4 &&
	       head->lengths.symbol[length_order[head->length_count - 1]].length == 0)
		head->length_count--;
	head->cost = 5 + 5 + 4 + 3 * head->length_count +
		     huffman_cost(&head->lengths, often, LENGTHS_OF_LENGTHS);
	for (unsigned i = 16; i <= 18; i++)
		head->cost += (uint64_t)often[i] * extra_of_run(i);
}

void head_write(const struct head *head, struct bits *bits)
{
	put_bits(bits, head->literal_count - 257, 5);
	put_bits(bits, head->distance_count - 1, 5);
	put_bits(bits, head->length_count - 4, 4);
	for (size_t i = 0; i < head->length_count; i++)
		put_bits(bits, head->lengths.symbol[length_order[i]].length, 3);
	for (size_t i = 0; i < head->runs; i++) {
		unsigned symbol = head->run[i] & 31;
		put_bits(bits, head->lengths.symbol[symbol].code,
			 head->lengths.symbol[symbol].length);
		put_bits(bits, head->run[i] >> 5, extra_of_run(symbol));
	}
}
