#include <stdlib.h>
#include <string.h>
#include <stdio.h>
int main(void)
{
/* Ordinary malloc — backed by Spaces when linked in. */
double *v = malloc(1024 * sizeof *v);
for (int i = 0; i < 1024; i++)
v[i] = i * 0.5;
printf("v[100] = %.1f\n", v[100]);
free(v);
return 0;
}
