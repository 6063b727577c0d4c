"""The exceptions that SPDX lists: permissions beyond those of the license that stands before `WITH`.

Source: SPDX License List 3.27.0, license exceptions. What is not listed there may say anything, and take back what the
license gives.
"""

from __future__ import annotations

# SPDX ids in small letters.
EXCEPTIONS = frozenset(
    "389-exception asterisk-exception asterisk-linking-protocols-exception autoconf-exception-2.0 "
    "autoconf-exception-3.0 autoconf-exception-generic autoconf-exception-generic-3.0 autoconf-exception-macro "
    "bison-exception-1.24 bison-exception-2.2 bootloader-exception cgal-linking-exception classpath-exception-2.0 "
    "clisp-exception-2.0 cryptsetup-openssl-exception digia-qt-lgpl-exception-1.1 digirule-foss-exception "
    "ecos-exception-2.0 erlang-otp-linking-exception fawkes-runtime-exception fltk-exception fmt-exception "
    "font-exception-2.0 freertos-exception-2.0 gcc-exception-2.0 gcc-exception-2.0-note gcc-exception-3.1 "
    "gmsh-exception gnat-exception gnome-examples-exception gnu-compiler-exception gnu-javamail-exception "
    "gpl-3.0-389-ds-base-exception gpl-3.0-interface-exception gpl-3.0-linking-exception "
    "gpl-3.0-linking-source-exception gpl-cc-1.0 gstreamer-exception-2005 gstreamer-exception-2008 harbour-exception "
    "i2p-gpl-java-exception independent-modules-exception kicad-libraries-exception lgpl-3.0-linking-exception "
    "libpri-openh323-exception libtool-exception linux-syscall-note llgpl llvm-exception lzma-exception mif-exception "
    "mxml-exception nokia-qt-exception-1.1 ocaml-lgpl-linking-exception occt-exception-1.0 "
    "openjdk-assembly-exception-1.0 openvpn-openssl-exception pcre2-exception polyparse-exception "
    "ps-or-pdf-font-exception-20170817 qpl-1.0-inria-2004-exception qt-gpl-exception-1.0 qt-lgpl-exception-1.1 "
    "qwt-exception-1.0 romic-exception rrdtool-floss-exception-2.0 sane-exception shl-2.0 shl-2.1 stunnel-exception "
    "swi-exception swift-exception texinfo-exception u-boot-exception-2.0 ubdl-exception universal-foss-exception-1.0 "
    "vsftpd-openssl-exception wxwindows-exception-3.1 x11vnc-openssl-exception "
    "".split()
)
