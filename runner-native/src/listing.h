/* What is in one folder, as the bytes that a client of `scan` gets. The folder may be written to
 * meanwhile, by anybody: everything is looked at through the open folder, and no link is followed.
 */
#pragma once

#include "bytes.h"

/* Adds the listing of the open folder; 0 or -errno. */
int listing_add(struct bytes *answer, int folder);
