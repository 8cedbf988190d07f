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

#endif
