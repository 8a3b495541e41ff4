/* Running from a sealed copy of the own program.
 * Threat: CVE-2019-5736: an image whose command is `#!/proc/self/exe` is executed by the runner as
 * the runner itself, inside the image, where it can then be opened for writing. What it finds there
 * is a memory file that nobody can write to. Runs first thing, as the caller. */
#pragma once

/* Executes the copy (does not return), unless this process runs from one already: 0. -errno where
 * the machine forbids it (to execute memory, say); the caller may go on, and says so. */
int sealed_reexec(char **argv);
