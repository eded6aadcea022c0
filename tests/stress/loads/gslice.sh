# SPDX-License-Identifier: MIT
# GLib: GSlice asks for aligned pages and trusts that they are.

load() {
    need gcc pkg-config
    pkg-config --exists glib-2.0 || skip "GLib's headers are not installed"
    cat >gs.c <<'C'
#include <glib.h>
int main(void)
{
	GHashTable *t = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GSList *l = NULL;
	long sum = 0;

	for (int i = 0; i < 20000; i++) {
		l = g_slist_prepend(l, g_slice_alloc0(8 + i % 500));
		g_hash_table_insert(t, g_strdup_printf("%d", i % 777), l);
	}
	g_slist_free(l);
	for (int a = 8; a < 3000; a += 8) {
		gpointer p[20];
		for (int i = 0; i < 20; i++)
			p[i] = g_slice_alloc(a);
		for (int i = 0; i < 20; i++) {
			sum += ((gsize)p[i] & 7) == 0;
			g_slice_free1(a, p[i]);
		}
	}
	g_print("%u %ld\n", g_hash_table_size(t), sum);
	g_hash_table_destroy(t);
}
C
    # shellcheck disable=SC2046
    compile gs gcc -O1 gs.c $(pkg-config --cflags --libs glib-2.0)
    under ./gs && under env G_SLICE=always-malloc ./gs
    if command -v gio >/dev/null; then
        under gio info -a standard::size gs.c | sed -n 's/ *standard::/ /p'
    fi
}
