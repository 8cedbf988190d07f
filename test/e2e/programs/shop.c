/*
 * A shop with enough in its heap to look at: blocks of many sites in malloc's chunk, regions with a
 * ceiling and a floor, a block whose end was overrun, and a pointer to a block that is gone.
 */
#include <spaces.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Order {
    struct Order *next;
    char customer[40];
    int items;
} Order;

typedef struct Shop {
    SpacesChunk orders;
    SpacesChunk carts;
    Order *first;
    char *names[2000];
    void *cache[600];
    int cached;
} Shop;

static char *name_copy(int number)
{
    char text[64];
    int length = snprintf(text, sizeof text, "Customer number %d", number);
    char *copy = malloc((size_t)length + 1);
    memcpy(copy, text, (size_t)length + 1);
    return copy;
}

static Order *order_new(Shop *shop, int number)
{
    Order *order = spaces_chunk_alloc(shop->orders, sizeof *order, 0);
    snprintf(order->customer, sizeof order->customer, "Customer number %d", number);
    order->items = number % 7;
    order->next = shop->first;
    shop->first = order;
    return order;
}

static void cache_put(Shop *shop, size_t size)
{
    shop->cache[shop->cached++] = calloc(1, size);
}

static void index_insert(Shop *shop, int number)
{
    cache_put(shop, 200 + (size_t)number % 1800);
}

static void load(Shop *shop)
{
    for (int number = 0; number < 1200; number++) {
        shop->names[number] = name_copy(number);
    }
    for (int number = 0; number < 300; number++) {
        index_insert(shop, number * 7);
    }
    for (int number = 0; number < 900; number += 3) {
        free(shop->names[number]);
        shop->names[number] = NULL;
    }
}

static void serve(Shop *shop, int requests)
{
    for (int request = 0; request < requests; request++) {
        order_new(shop, request);
        spaces_chunk_alloc(shop->carts, 96, 0);
        if (request % 10 == 0) {
            cache_put(shop, 3000);
        }
    }
}

static void report(const Shop *shop)
{
    int orders = 0;
    for (const Order *order = shop->first; order; order = order->next) {
        orders++;
    }
    printf("%d orders, %d cached\n", orders, shop->cached);
}

int main(void)
{
    static Shop shop;
    shop.orders = spaces_chunk_create(0);
    shop.carts = spaces_chunk_create(0);
    spaces_chunk_set_ceiling(shop.orders, 256 << 10);
    spaces_chunk_set_floor(shop.orders, 64 << 10);
    load(&shop);
    char *name = shop.names[1];
    serve(&shop, 1500); /* the first stop */
    for (int i = 0; i < 24; i++)
        shop.names[4][i] = '!'; /* too far; no call of libc, which would be told at once */
    free(name);
    report(&shop); /* the second stop */
    return name == NULL;
}
