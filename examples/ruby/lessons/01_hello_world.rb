#!/usr/bin/env ruby
# frozen_string_literal: true

# Lesson 1: a program in the kernel. Says hello whenever a process on this machine is cloned.
#
# A function called kprobe__NAME runs when the kernel function NAME is entered; for a system call,
# sys_NAME will do. bpf_trace_printk writes to the kernel's trace pipe, trace_print shows that.
require "rbbcc"

RbBCC::BCC.new(text: <<~CLANG).trace_print
  int kprobe__sys_clone(void *ctx) {
    bpf_trace_printk("Hello, World!\\n");
    return 0;
  }
CLANG
