/* The shell for an image that has none: `slipway-runner sh`, mounted read-only into a step whose
 * person wants to look around. Starts programs and has the few builtins without which nothing can
 * be looked at; what it lacks it says. Runs inside the sandbox, with what the step has. */
#pragma once

/* Reads commands from descriptor 0 to its end or to `exit`. Returns the exit status. */
int shell_main(void);
