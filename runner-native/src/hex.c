/* Implementation of hex.h. */
#include "hex.h"

int hex_write(int fd, const char *hex)
{
	unsigned char chunk[4096];
	while (*hex != '\0') {
		size_t used = 0;
		for (; *hex != '\0' && used < sizeof(chunk); hex += 2) {
			int high = hex[0] <= '9' ? hex[0] - '0' : hex[0] - 'a' + 10;
			int low = hex[1] <= '9' ? hex[1] - '0' : hex[1] - 'a' + 10;
			chunk[used++] = (unsigned char)(high * 16 + low);
		}
		int rc = write_all(fd, chunk, used);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void hex_of(const void *bytes, size_t length, char *text)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = bytes;
	for (size_t i = 0; i < length; i++) {
		*text++ = digits[at[i] >> 4];
		*text++ = digits[at[i] & 15];
	}
	*text = '\0';
}
