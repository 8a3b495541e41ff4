/* Mount points that the input tree lacks. They are made in a layer of their own, on top of all
 * lowers, so that they leave no trace in upper and there is nothing to clean up in the image's
 * tree afterwards (cleaners that did are CVE-2024-23652). Runs in pid 1, over our own scratch. */
#pragma once

#include "err.h"
#include "plan.h"

/* Makes the layer at the host path `at` (which must not exist yet). */
int stubs_make(const struct plan *plan, const char *at, struct err *err);

/* Makes one stub as `name` in the open folder `parent`; 0 or -errno. */
int stubs_make_in(int parent, const char *name, const struct stub *stub);

/* Gives the folder at the host path `path` the metadata of the root directory. */
int stubs_root_mode(const struct plan *plan, const char *path, struct err *err);
