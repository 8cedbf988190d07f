/* agent.h - the far end of the report socket: one record an error, so that what
 * was found outlives the program. */
#ifndef SPACES_AGENT_H
#define SPACES_AGENT_H

#include "format.h"

/* Take the socket's path from the settings, and say who we are. */
SP_HIDDEN void sp_agent_start(void);
/* In the child of a fork: say who we are, where somebody follows. */
SP_HIDDEN void sp_agent_fork(void);
/* Send one record: JSON text without its length. */
SP_HIDDEN void sp_agent_send(const SpText *record);
SP_HIDDEN bool sp_agent_active(void);

/* What a thread keeps in registers over a call: rbx, rbp, r12 to r15. */
#define SP_KEPT_REGISTERS 6u
/*
 * The program is about to end: give a debugger, then the reader of the socket,
 * the time to look for leaks (SPACES_LEAKS). Returns when it has hung up, or
 * after ten seconds. `registers` are the calling thread's; its stack is live from
 * their own address up. Nothing in a process that fork made.
 */
SP_HIDDEN void sp_agent_exit(const uintptr_t registers[SP_KEPT_REGISTERS]);

#endif
