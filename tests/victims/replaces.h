/* SPDX-License-Identifier: MIT */
/* What replacements of operator new and delete and new_forms.cc share. */
#ifndef VICTIMS_REPLACES_H
#define VICTIMS_REPLACES_H

enum {
	REPLACED_FORMS = 20,
	REPLACED_FAILS = 123456, /* the size that there is no memory for */
};

/* Calls of each form, in the order of replaces.cc; the program's. */
extern "C" int replaced_calls[REPLACED_FORMS];

static const char *const replaced_names[REPLACED_FORMS] = {
	"new",
	"new[]",
	"new nothrow",
	"new[] nothrow",
	"new align",
	"new[] align",
	"new align nothrow",
	"new[] align nothrow",
	"delete",
	"delete[]",
	"delete size",
	"delete[] size",
	"delete nothrow",
	"delete[] nothrow",
	"delete align",
	"delete[] align",
	"delete size align",
	"delete[] size align",
	"delete align nothrow",
	"delete[] align nothrow",
};

#endif
