/*
 * A session cache with two owners: a table finds a session by its user, a list keeps the sessions
 * in order of their log-in. The list may drop the oldest session; a user may log out by name.
 *
 * The mistake: dropping a session frees it, but leaves it in the table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 64, CAPACITY = 8 };

typedef struct Session {
    char user[24];
    int requests;
    struct Session *newer;
} Session;

typedef struct Cache {
    Session *by_user[SLOTS];
    Session *oldest;
    Session *newest;
    size_t count;
} Cache;

static unsigned slot_of(const char *user)
{
    unsigned hash = 5381;
    while (*user) {
        hash = hash * 33 + (unsigned char)*user++;
    }
    return hash % SLOTS;
}

static Session *open_session(const char *user)
{
    Session *session = calloc(1, sizeof *session);
    if (!session) {
        perror("open_session");
        exit(EXIT_FAILURE);
    }
    strncpy(session->user, user, sizeof session->user - 1);
    session->requests = 1;
    return session;
}

static void drop_oldest(Cache *cache)
{
    Session *session = cache->oldest;
    cache->oldest = session->newer;
    cache->count--;
    free(session);
}

static void log_in(Cache *cache, const char *user)
{
    if (cache->count == CAPACITY) {
        drop_oldest(cache);
    }
    Session *session = open_session(user);
    cache->by_user[slot_of(user)] = session;
    if (cache->newest) {
        cache->newest->newer = session;
    } else {
        cache->oldest = session;
    }
    cache->newest = session;
    cache->count++;
}

static void log_out(Session *session)
{
    free(session);
}

static size_t log_out_everyone(Cache *cache)
{
    size_t closed = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (cache->by_user[slot]) {
            log_out(cache->by_user[slot]);
            cache->by_user[slot] = NULL;
            closed++;
        }
    }
    return closed;
}

int main(void)
{
    Cache cache = {0};
    char user[24];
    for (int i = 1; i <= CAPACITY + 1; i++) {
        snprintf(user, sizeof user, "user-%d", i);
        log_in(&cache, user);
    }
    printf("%zu sessions are open\n", cache.count);
    size_t closed = log_out_everyone(&cache);
    printf("%zu sessions were closed\n", closed);
    return 0;
}
