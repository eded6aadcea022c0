/* SPDX-License-Identifier: MIT */
/*
 * Lists of names, and what is left of a C++ name without its templates. See
 * wrappers.h for the contract.
 */
#include "symbols/wrappers.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "base/vector.h"

MTR_VECTOR(strings, char *);

struct mtr_wrappers {
	regex_t skip;
	bool has_skip;
	struct strings modules;
};

/* Whole names, but for underscores in front. */
static const char names[] =
	/* C library */
	"malloc calloc realloc reallocarray memalign aligned_alloc "
	"posix_memalign valloc pvalloc libc_malloc libc_calloc libc_realloc "
	"libc_memalign libc_reallocarray libc_valloc libc_pvalloc strdup "
	"strndup wcsdup asprintf vasprintf asprintf_chk vasprintf_chk "
	"vasprintf_internal libc_alloc_buffer_allocate "
	/* gnulib, libiberty and the many who call theirs so */
	"xmalloc xcalloc xrealloc xreallocarray xzalloc xmalloc0 xmemdup "
	"xmemdup0 ximemdup ximemdup0 xstrdup xstrndup xasprintf xvasprintf "
	"xnmalloc xnrealloc xcharalloc xalignalloc xpalloc x2realloc "
	"x2nrealloc ximalloc xicalloc xirealloc xmallocarray xmallocz "
	"xmemdupz xstrfmt emalloc ecalloc erealloc estrdup safe_malloc "
	"safe_calloc safe_realloc safe_strdup checked_malloc my_malloc "
	"my_realloc my_strdup zmalloc zcalloc zcalloc_num zrealloc "
	"ztrymalloc ztrycalloc ztryrealloc zmalloc_usable zcalloc_usable "
	"zrealloc_usable ztrymalloc_usable ztrycalloc_usable "
	"ztryrealloc_usable ztrymalloc_usable_internal "
	"ztrycalloc_usable_internal ztryrealloc_usable_internal zstrdup "
	/* GLib */
	"g_malloc g_malloc0 g_malloc_n g_malloc0_n g_try_malloc "
	"g_try_malloc0 g_try_malloc_n g_try_malloc0_n g_realloc g_realloc_n "
	"g_try_realloc g_try_realloc_n g_aligned_alloc g_aligned_alloc0 "
	"g_memdup g_memdup2 g_strdup g_strndup g_strdup_printf "
	"g_strdup_vprintf g_strnfill g_strdupv g_strconcat g_vasprintf "
	"g_slice_alloc g_slice_alloc0 g_slice_copy g_strsplit g_strsplit_set "
	"g_strjoin g_strjoinv g_strescape g_strcompress g_strreplace "
	"g_build_filename g_build_path g_utf8_strdown g_utf8_strup "
	"g_ascii_strdown g_ascii_strup "
	/* CPython */
	"PyMem_Malloc PyMem_Calloc PyMem_Realloc PyMem_RawMalloc "
	"PyMem_RawCalloc PyMem_RawRealloc PyMem_Strdup PyMem_RawStrdup "
	"PyMem_RawWcsdup PyMem_DebugRawAlloc PyMem_DebugAlloc "
	"PyMem_DebugMalloc PyMem_DebugCalloc PyMem_DebugRealloc "
	"PyMem_DebugRawMalloc PyMem_DebugRawCalloc PyMem_DebugRawRealloc "
	"PyObject_Malloc PyObject_Calloc PyObject_Realloc "
	/* Qt */
	"qMalloc qRealloc qMallocAligned qReallocAligned qstrdup "
	/* perl */
	"Perl_safesysmalloc Perl_safesyscalloc Perl_safesysrealloc "
	"Perl_savepv Perl_savepvn Perl_savesharedpv Perl_savesharedpvn "
	"Perl_savesvpv Perl_savesharedsvpv "
	/* others */
	"CRYPTO_malloc CRYPTO_zalloc CRYPTO_realloc CRYPTO_clear_realloc "
	"CRYPTO_strdup CRYPTO_strndup CRYPTO_memdup sqlite3MemMalloc "
	"sqlite3MemRealloc sqlite3_malloc sqlite3_malloc64 sqlite3_realloc "
	"sqlite3_realloc64 sqlite3Malloc sqlite3MallocZero sqlite3Realloc "
	"sqlite3DbMallocRaw sqlite3DbMallocRawNN sqlite3DbMallocZero "
	"sqlite3DbRealloc sqlite3DbStrDup sqlite3DbStrNDup av_malloc "
	"av_mallocz av_calloc av_realloc av_strdup SDL_malloc SDL_calloc "
	"SDL_realloc SDL_strdup rust_alloc rust_alloc_zeroed rust_realloc "
	"rdl_alloc rdl_alloc_zeroed rdl_realloc rg_alloc rg_alloc_zeroed "
	"rg_realloc ";

/* The last part of a name of the C++ library's, whatever stands before it.
 * Reserved names: nobody else's function may be called so. */
static const char reserved[] =
	"_M_allocate _M_create _S_create _M_get_node _M_create_node "
	"_M_allocate_node _M_allocate_buckets _M_allocate_map "
	"_M_create_storage _S_allocate __allocate_guarded "
	"__allocate_guarded_obj _M_allocate_node_ptr _S_allocate_node "
	"__libcpp_allocate __allocate_at_least __libcpp_operator_new "
	"__construct_node ";

/*
 * The C++ library's containers and strings allocate for who fills them, and
 * most of their code is compiled into the program.
 */
static const char *const library[] = { "std::", "__gnu_cxx::", NULL };

/* So do Qt's, of which most are in libQt5Core and libQt6Core. */
static const char *const qt_classes[] = {
	"QArrayData::",
	"QTypedArrayData::",
	"QArrayDataPointer::",
	"QArrayDataOps::",
	"QListData::",
	"QList::",
	"QVector::",
	"QVarLengthArray::",
	"QLinkedList::",
	"QLinkedListData::",
	"QStack::",
	"QQueue::",
	"QSet::",
	"QHashData::",
	"QHash::",
	"QMultiHash::",
	"QHashPrivate::",
	"QMapDataBase::",
	"QMapData::",
	"QMapNode::",
	"QMapNodeBase::",
	"QMap::",
	"QMultiMap::",
	"QContiguousCacheData::",
	"QContiguousCache::",
	"QBitArray::",
	"QByteArray::",
	"QString::",
	"QStringList::",
	"QStringBuilder::",
	"QConcatenable::",
	"QUtf8::",
	"QLatin1::",
	"QtPrivate::QGenericArrayOps::",
	"QtPrivate::QPodArrayOps::",
	"QtPrivate::QMovableArrayOps::",
	"QtPrivate::QCommonArrayOps::",
	"QtPrivate::QStringList_",
	"QtSharedPointer::ExternalRefCountWithContiguousData::",
	NULL
};

/* And GLib's. */
static const char *const glib_containers[] = {
	"g_array_", "g_byte_array_", "g_bytes_", "g_hash_table_",
	"g_list_",  "g_ptr_array_",  "g_queue_", "g_sequence_",
	"g_slist_", "g_string_",     "g_strv_",	 "g_tree_",
	NULL
};

/* So do Rust's: these crates come with the compiler. */
static const char *const rust_library[] = { "alloc::", "core::", "std::",
					    "hashbrown::", NULL };

/* Is @name a whole word of @list, in which a space follows each? */
static bool listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = list; n && (at = strstr(at, name)); at++)
		if (at[n] == ' ' && (at == list || at[-1] == ' '))
			return true;
	return false;
}

struct mtr_error *mtr_wrappers_create(const char *skip,
				      struct mtr_wrappers **ret)
{
	struct mtr_wrappers *w = calloc(1, sizeof(*w));
	char why[128];
	int code;

	if (!w)
		return mtr_error_nomem();
	if (skip) {
		code = regcomp(&w->skip, skip, REG_EXTENDED | REG_NOSUB);
		if (code) {
			regerror(code, &w->skip, why, sizeof(why));
			free(w);
			return mtr_error_create(
				"'%s' is no regular expression: %s", skip, why);
		}
		w->has_skip = true;
	}
	*ret = w;
	return NULL;
}

void mtr_wrappers_destroy(struct mtr_wrappers *w)
{
	if (!w)
		return;
	if (w->has_skip)
		regfree(&w->skip);
	for (size_t i = 0; i < w->modules.n; i++)
		free(w->modules.at[i]);
	strings_fini(&w->modules);
	free(w);
}

struct mtr_error *mtr_wrappers_skip_module(struct mtr_wrappers *w,
					   const char *module)
{
	char *kept = strdup(module);
	char **slot = kept ? strings_push(&w->modules) : NULL;

	if (!slot) {
		free(kept);
		return mtr_error_nomem();
	}
	*slot = kept;
	return NULL;
}

bool mtr_wrappers_match_module(const struct mtr_wrappers *w, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < w->modules.n; i++)
		if (!strcmp(w->modules.at[i], name) ||
		    !strcmp(w->modules.at[i], path))
			return true;
	return false;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Is @at, in @from, the word operator, of which < and ( may be a part? */
static bool at_operator(const char *from, const char *at)
{
	static const char word[] = "operator";
	size_t n = sizeof(word) - 1;

	return !strncmp(at, word, n) && !is_word(at[n]) &&
	       (at == from || !is_word(at[-1]));
}

/* Just past the bracket that closes the one at @at. */
static const char *past_brackets(const char *at)
{
	int depth = 0;

	for (; *at; at++) {
		if (strchr("<({[", *at))
			depth++;
		else if (strchr(">)}]", *at) && at[-1] != '-' && --depth == 0)
			return at + 1;
	}
	return at;
}

/*
 * Put into @to what @function is without result, parameters, templates' and
 * lambdas' arguments, or the compiler's ".part.0": "T* std::a<T>::b<T>(T)" is
 * "std::a::b". Cut where @to ends: no name of a wrapper is that long.
 */
static void plain_name(const char *function, char *to, size_t room)
{
	size_t n = 0;

	for (const char *at = function; *at && n + 1 < room;) {
		if (at_operator(function, at)) {
			while (*at && *at != '(' && n + 1 < room)
				to[n++] = *at++;
			break;
		}
		if (*at == ' ') { /* what was before is the result's type */
			n = 0;
			at++;
		} else if (*at == '.' ||
			   (*at == '(' &&
			    strncmp(at, "(anonymous namespace)", 21) != 0)) {
			break;
		} else if (strchr("<({[", *at)) {
			at = past_brackets(at);
		} else {
			to[n++] = *at++;
		}
	}
	to[n] = '\0';
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool begins_any(const char *name, const char *const *list)
{
	while (*list && !begins(name, *list))
		list++;
	return *list != NULL;
}

/* Has @name parameters, as in C++, or a "(" in brackets at most, as in Rust? */
static bool has_parameters(const char *name)
{
	while (*name && *name != '(')
		name = strchr("<{[", *name) ? past_brackets(name) : name + 1;
	return *name == '(';
}

/* The " as " of "<TYPE as TRAIT>::name", or where TYPE ends. An arrow is a part
 * of it. */
static const char *past_type(const char *at)
{
	while (*at && *at != '>' && !begins(at, " as "))
		if (begins(at, "->"))
			at += 2;
		else
			at = strchr("<({[", *at) ? past_brackets(at) : at + 1;
	return at;
}

/* A type of another crate is a path; "str", "[T]", "fn()" and a generic "T" are
 * none. */
static bool is_own_type(const char *type, const char *end)
{
	static const char *const functions[] = { "fn(", "unsafe ", "extern ",
						 "for<", NULL };
	const char *path = strstr(type, "::");

	return !strchr("&*([", *type) && !begins_any(type, functions) &&
	       !begins_any(type, rust_library) && path && path < end &&
	       path < type + strcspn(type, "<");
}

/* A trait that is local to a method of a type of theirs, which nobody else can
 * implement: "<[_]>::to_vec_in::ConvertVec". */
static bool is_local_trait(const char *trait)
{
	const char *end = past_type(trait + 1);

	return trait[0] == '<' && *end == '>' && !is_own_type(trait + 1, end);
}

/* "alloc::vec::Vec<T>::push", "<alloc::vec::Vec<T>>::push", "<T as
 * alloc::string::ToString>::to_string" */
static bool is_rust_library(const char *function)
{
	const char *end, *trait;

	if (function[0] != '<')
		return begins_any(function, rust_library) &&
		       !has_parameters(function);
	if (!begins(past_brackets(function), "::"))
		return false;
	end = past_type(function + 1);
	trait = begins(end, " as ") ? end + strlen(" as ") : "";
	if (*trait && is_local_trait(trait))
		return true;
	return !is_own_type(function + 1, end) &&
	       (*end == '>' || begins_any(trait, rust_library));
}

static const char *last_part(const char *name)
{
	const char *last = name;

	for (const char *at = name; (at = strstr(at, "::")); last = at)
		at += 2;
	return last;
}

static bool is_known(const char *function)
{
	char name[256];
	const char *last;

	/* <alloc::alloc::Global as core::alloc::Allocator>::allocate */
	if (function[0] == '<' && (strstr(function, "::GlobalAlloc>::") ||
				   strstr(function, "::Allocator>::")))
		return true;
	plain_name(function, name, sizeof(name));
	last = last_part(name);
	/* a class may have its own */
	if (begins(last, "operator new"))
		return !is_word(last[12]);
	if (begins_any(name, library) || begins_any(name, qt_classes) ||
	    is_rust_library(function))
		return true;
	if (last != name)
		return listed(reserved, last);
	return listed(reserved, name) || begins_any(name, glib_containers) ||
	       listed(names, name + strspn(name, "_"));
}

bool mtr_wrappers_match(const struct mtr_wrappers *w, const char *function)
{
	if (is_known(function))
		return true;
	return w->has_skip && regexec(&w->skip, function, 0, NULL, 0) == 0;
}
