/* A program without any library, so that it can be built for 32 bits anywhere. */
void _start(void)
{
    for (;;) {
    }
}
