/*
 * guard_signal.c - SIGSEGV comes to us first; what is not a guarded block's fault goes on
 * to whoever the program has chosen, as if we were not there.
 *
 * The program's sigaction and signal for SIGSEGV are kept here and ours stays in place, with
 * the mask and the flags that the program asked for, so that its handler is called in the
 * state the kernel would have called it in. Where it has none, the default action is put back
 * and the instruction runs into it again: same core, same exit status.
 *
 * SIGSEGV is never blocked for long enough to matter: a fault while it is would end the program.
 */
#include "guard.h"

#if SP_DEBUG && defined(SPACES_SHARED)

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "calls.h"
#include "libc_real.h"
#include "lock.h"
#include "os.h"
#include "settings.h"

static uint32_t action_lock;
/* What the program wants for SIGSEGV. */
static struct sigaction programs = {.sa_handler = SIG_DFL};

/* ---- the handler ----------------------------------------------------------------- */

/* A small alternate stack has no room for a report: that is made on a stack of our own. */
#define STACK_SIZE (UINT64_C(128) << 10)
#define ENOUGH     (UINT64_C(64) << 10)

typedef struct Fault {
    const siginfo_t *info;
    const ucontext_t *context;
    bool ours;
} Fault;

/* Bits of a page fault's error code (x86). */
#define FAULT_WRITE 2
#define FAULT_FETCH 16

static void look(void *argument)
{
    Fault *fault = argument;
    const greg_t *registers = fault->context->uc_mcontext.gregs;
    SpCaller instruction = {(uintptr_t)registers[REG_RIP], (uintptr_t)registers[REG_RSP],
                            (uintptr_t)registers[REG_RBP]};
    sigset_t faults, before;
    sigemptyset(&faults);
    sigaddset(&faults, SIGSEGV);
    /* What the program's error handler does may fault as well. */
    SP_REAL(pthread_sigmask)(SIG_UNBLOCK, &faults, &before);
    fault->ours =
        !(registers[REG_ERR] & FAULT_FETCH) &&
        sp_guard_fault(fault->info->si_addr, &instruction, registers[REG_ERR] & FAULT_WRITE);
    SP_REAL(pthread_sigmask)(SIG_SETMASK, &before, NULL);
}

static void call_on(char *top, void (*run)(void *), void *argument)
{
    __asm__ volatile("movq %%rsp, %%rbx\n\t"
                     "movq %[top], %%rsp\n\t"
                     "call *%[run]\n\t"
                     "movq %%rbx, %%rsp"
                     : "+D"(argument)
                     : [top] "r"(top), [run] "r"(run)
                     : "rbx", "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
}

static bool on_small_stack(const ucontext_t *context)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    uintptr_t low = (uintptr_t)context->uc_stack.ss_sp;
    return !(context->uc_stack.ss_flags & SS_DISABLE) && here >= low &&
           here - low < context->uc_stack.ss_size && here - low < ENOUGH;
}

static bool is_ours(const siginfo_t *info, const ucontext_t *context)
{
    static uint32_t stack_lock;
    static char stack[STACK_SIZE] __attribute__((aligned(16)));
    if (info->si_code != SEGV_ACCERR && info->si_code != SEGV_MAPERR)
        return false;
    Fault fault = {info, context, false};
    if (!on_small_stack(context)) {
        look(&fault);
        return fault.ours;
    }
    sp_lock(&stack_lock);
    call_on(stack + sizeof stack, look, &fault);
    sp_unlock(&stack_lock);
    return fault.ours;
}

static void restore_default(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    SP_REAL(sigaction)(SIGSEGV, &action, NULL);
}

static void pass_on(int number, siginfo_t *info, void *context)
{
    sp_lock(&action_lock);
    struct sigaction action = programs;
    if (action.sa_flags & SA_RESETHAND)
        programs.sa_handler = SIG_DFL;
    sp_unlock(&action_lock);
    bool sent = info->si_code <= 0;
    if (action.sa_handler == SIG_IGN && sent)
        return;
    if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN) {
        restore_default(); /* an instruction that faults does so again */
        if (sent)
            syscall(SYS_tgkill, getpid(), (pid_t)sp_os_thread_id(), number);
    } else if (action.sa_flags & SA_SIGINFO) {
        action.sa_sigaction(number, info, context);
    } else {
        action.sa_handler(number);
    }
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    if (!is_ours(info, context))
        pass_on(number, info, context);
    errno = saved;
}

/* Ours in place, as the program's would be. */
static int install(const struct sigaction *wanted)
{
    struct sigaction action = *wanted;
    action.sa_sigaction = on_fault;
    action.sa_flags = (wanted->sa_flags & ~SA_RESETHAND) | SA_SIGINFO;
    return SP_REAL(sigaction)(SIGSEGV, &action, NULL);
}

void sp_guard_listen(void)
{
    if (sp_settings.guard == SP_GUARD_OFF)
        return;
    SP_REAL(sigaction)(SIGSEGV, NULL, &programs);
    sp_store_release(&sp_guard_listening, install(&programs) == 0);
}

/* ---- what the program asks for ------------------------------------------------------ */

static int act(int number, const struct sigaction *action, struct sigaction *before)
{
    if (number != SIGSEGV || !sp_load_acquire(&sp_guard_listening))
        return SP_REAL(sigaction)(number, action, before);
    struct sigaction wanted;
    if (action)
        wanted = *action; /* may be where `before` is */
    sp_lock(&action_lock);
    if (before)
        *before = programs;
    if (action)
        programs = wanted;
    int result = action ? install(&wanted) : 0;
    sp_unlock(&action_lock);
    return result;
}

SP_CALL(int, sigaction, (int number, const struct sigaction *action, struct sigaction *before))
{
    return act(number, action, before);
}

SP_CALL(int, __sigaction, (int number, const struct sigaction *action, struct sigaction *before))
{
    return act(number, action, before);
}

static SpSignalHandler set_handler(SpSignalHandler handler, int flags)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    return act(SIGSEGV, &action, &before) ? SIG_ERR : before.sa_handler;
}

#define SIGNALS(name, flags)                                              \
    SP_CALL(SpSignalHandler, name, (int number, SpSignalHandler handler)) \
    {                                                                     \
        if (number == SIGSEGV && sp_load_acquire(&sp_guard_listening))    \
            return set_handler(handler, (flags));                         \
        return SP_REAL(name)(number, handler);                            \
    }

SIGNALS(signal, SA_RESTART)
SIGNALS(bsd_signal, SA_RESTART)
SIGNALS(ssignal, SA_RESTART)
SIGNALS(sysv_signal, SA_RESETHAND | SA_NODEFER)
SIGNALS(__sysv_signal, SA_RESETHAND | SA_NODEFER)

/* Blocking all signals is not meant for faults of a thread's own. */
static const sigset_t *without_faults(int how, const sigset_t *set, sigset_t *copy)
{
    if (!set || how == SIG_UNBLOCK || !sp_load(&sp_guard_listening) ||
        sigismember(set, SIGSEGV) != 1)
        return set;
    *copy = *set;
    sigdelset(copy, SIGSEGV);
    return copy;
}

SP_CALL(int, sigprocmask, (int how, const sigset_t *set, sigset_t *before))
{
    sigset_t copy;
    return SP_REAL(sigprocmask)(how, without_faults(how, set, &copy), before);
}

SP_CALL(int, pthread_sigmask, (int how, const sigset_t *set, sigset_t *before))
{
    sigset_t copy;
    return SP_REAL(pthread_sigmask)(how, without_faults(how, set, &copy), before);
}

#endif
