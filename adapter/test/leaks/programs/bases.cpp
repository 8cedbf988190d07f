// bases.cpp - objects that are held by a pointer to their second base.
#include <cstring>

struct First {
    long a = 1;
    virtual ~First() {}
    virtual void one() {}
};
struct Second {
    long b = 2;
    virtual ~Second() {}
    virtual void two() {}
};
struct Both : First, Second {
    char *more = new char[30];
    ~Both() override { delete[] more; }
};
struct Plain {
    long a = 1, b = 2, c = 3;
};

static Second *kept;
static long *inside;
static Second *lost_one;

__attribute__((noinline)) static void hold()
{
    kept = new Both;
    inside = &(new Plain)->b;
    lost_one = new Both;
}

__attribute__((noinline)) static void lose()
{
    lost_one = nullptr;
}

int main()
{
    hold();
    lose();
    return 0;
}
