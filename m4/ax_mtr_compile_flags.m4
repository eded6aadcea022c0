dnl SPDX-License-Identifier: MIT
dnl AX_MTR_COMPILE_FLAGS(VARIABLE, FLAGS...)
dnl Append to VARIABLE each of the arguments with which the C compiler compiles
dnl and links without a warning.
dnl
dnl The flags reach the macros below as a shell variable: a comma in them
dnl (-fsanitize=address,undefined) would end an argument.
AC_DEFUN([AX_MTR_COMPILE_FLAGS], [
m4_foreach([mtr_item], m4_dquote(m4_shift($@)), [
	mtr_flags="mtr_item"
	AC_MSG_CHECKING([whether $CC takes $mtr_flags])
	mtr_kept_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -Werror $mtr_flags"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes])
		 $1="$$1 $mtr_flags"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$mtr_kept_CFLAGS
])
AC_SUBST([$1])
])
