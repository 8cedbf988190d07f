/*
 * each_step.cc - no instruction of the allocator leaves a heap that a reader
 * takes for damaged. Runs a program under ptrace, one instruction after the
 * other, and has the heap reader check its heap after each: a debugger may
 * stop anywhere, and must not tell of damage that is only a change half done.
 *
 *   each_step LIBRARY PROGRAM [EVERY [SEED]]
 *
 * EVERY: check after about one instruction in so many, drawn by SEED.
 */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <set>
#include <string>

#include "../../addon/session.h"

namespace {

[[noreturn]] void die(const char *what)
{
    std::perror(what);
    std::exit(2);
}

/** Where executable code of the library lies, to step over all other code unchecked. */
struct Code {
    uint64_t base = 0, from = 0, to = 0;
};

Code findCode(pid_t pid, const char *library)
{
    Code code;
    char line[600], permissions[8], path[400];
    std::FILE *maps = std::fopen(("/proc/" + std::to_string(pid) + "/maps").c_str(), "r");
    if (!maps)
        die("maps");
    const char *name = std::strrchr(library, '/');
    while (std::fgets(line, sizeof line, maps)) {
        uint64_t from, to;
        path[0] = 0;
        if (std::sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %399s", &from, &to,
                        permissions, path) < 4 ||
            !std::strstr(path, name ? name : library))
            continue;
        if (!code.base)
            code.base = from;
        if (std::strchr(permissions, 'x')) {
            code.from = from;
            code.to = to;
        }
    }
    std::fclose(maps);
    return code;
}

pid_t startProgram(const char *library, const char *program, uint64_t *root)
{
    int ends[2];
    if (pipe(ends))
        die("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        setenv("LD_PRELOAD", library, 1);
        setenv("SPACES_TRACK", "off", 1); /* the unwinder is not the heap's business */
        setenv("SPACES_QUARANTINE", "2000",
               1); /* so that slabs come and go in the debug build too */
        /* A repeated store is as many steps as it stores bytes. */
        setenv("GLIBC_TUNABLES", "glibc.cpu.x86_rep_stosb_threshold=1000000000", 1);
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        execl(program, program, static_cast<char *>(nullptr));
        die(program);
    }
    close(ends[1]);
    int status;
    for (;;) {
        if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
            die("the program ended early");
        if (WSTOPSIG(status) == SIGSTOP)
            break;
        ptrace(PTRACE_CONT, pid, nullptr, nullptr);
    }
    char line[64] = "";
    if (read(ends[0], line, sizeof line - 1) <= 0)
        die("the program told no address");
    *root = std::strtoull(line, nullptr, 16);
    return pid;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    uint64_t root = 0, steps = 0, checks = 0, blocks = 0;
    unsigned every = argc > 3 ? static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10)) : 1;
    unsigned seed = argc > 4 ? static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10))
                             : static_cast<unsigned>(getpid());
    std::minstd_rand draw(seed);
    pid_t pid = startProgram(argv[1], argv[2], &root);
    Code code = findCode(pid, argv[1]);
    if (!code.to)
        die("the library is not loaded");
    spaces::Session session(spaces::openProcess(pid), root);
    std::set<std::string> told;
    int status = 0;
    for (;;) {
        if (ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) || waitpid(pid, &status, 0) != pid)
            die("step");
        if (!WIFSTOPPED(status))
            break;
        steps++;
        if (every > 1 && draw() % every)
            continue;
        user_regs_struct registers;
        ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
        if (registers.rip < code.from || registers.rip >= code.to)
            continue;
        session.invalidate();
        session.begin(session.control().ask());
        spaces::Checked checked = session.check(0);
        checks++;
        blocks = checked.blocks > blocks ? checked.blocks : blocks;
        for (const spaces::Damage &damage : checked.damage) {
            std::string at = spaces::hexAddress(registers.rip - code.base) + ": " + damage.message;
            if (told.insert(at).second && told.size() <= 60)
                std::printf("each_step: before the instruction at library + %s\n", at.c_str());
        }
    }
    std::printf("each_step: seed %u: %" PRIu64 " instructions, %" PRIu64 " checks of up to %" PRIu64
                " blocks, %zu told of damage\n",
                seed, steps, checks, blocks, told.size());
    if (!every || !WIFEXITED(status) || WEXITSTATUS(status) || checks < 100) {
        std::printf("each_step: the program did not run to its end\n");
        return 1;
    }
    return told.empty() ? 0 : 1;
}
