/* agent.h - the far end of the report socket: one record an error, so that what
 * was found outlives the program. */
#ifndef SPACES_AGENT_H
#define SPACES_AGENT_H

#include "format.h"

/* Say who we are. Nothing without SPACES_REPORT_SOCKET. */
SP_HIDDEN void sp_agent_hello(void);
/* Send one record: JSON text without its length. */
SP_HIDDEN void sp_agent_send(const SpText *record);
SP_HIDDEN bool sp_agent_active(void);

#endif
