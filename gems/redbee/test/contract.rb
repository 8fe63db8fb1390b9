# frozen_string_literal: true

# The public methods of the rbbcc gem 0.11.8 and what they take, one a line: parameters as in Ruby,
# with "?" behind those that may be left out.
CONTRACT = <<~LIST
  RbBCC::BCC.new text:? src_file:? hdr_file:? debug:? cflags:? usdt_contexts:? allow_rlimit:? dev_name:?
  RbBCC::BCC._find_file filename
  RbBCC::BCC.attach_raw_socket fn dev
  RbBCC::BCC.check_path_symbol module_ symname addr pid
  RbBCC::BCC.decode_table_type desc
  RbBCC::BCC.get_kprobe_functions event_re
  RbBCC::BCC.ksym addr show_module:? show_offset:?
  RbBCC::BCC.ksymname name
  RbBCC::BCC.pin! fd path
  RbBCC::BCC.support_raw_tracepoint
  RbBCC::BCC.sym addr pid show_module:? show_offset:? demangle:?
  RbBCC::BCC#[] key
  RbBCC::BCC#[]= key value
  RbBCC::BCC#_open_ring_buffer map_fd fn ctx
  RbBCC::BCC#attach_kprobe event: fn_name: event_off:?
  RbBCC::BCC#attach_kretprobe event: fn_name: event_re:? maxactive:?
  RbBCC::BCC#attach_lsm fn_name:?
  RbBCC::BCC#attach_raw_tracepoint tp:? fn_name:?
  RbBCC::BCC#attach_tracepoint tp:? tp_re:? fn_name:?
  RbBCC::BCC#attach_uprobe name:? sym:? addr:? fn_name:? pid:?
  RbBCC::BCC#attach_uretprobe name:? sym:? addr:? fn_name:? pid:?
  RbBCC::BCC#cleanup
  RbBCC::BCC#detach_kprobe_event ev_name
  RbBCC::BCC#detach_lsm fn_name
  RbBCC::BCC#detach_raw_tracepoint tp
  RbBCC::BCC#detach_tracepoint tp
  RbBCC::BCC#detach_uprobe_event ev_name
  RbBCC::BCC#gen_args_from_usdt
  RbBCC::BCC#get_syscall_fnname name
  RbBCC::BCC#get_syscall_prefix
  RbBCC::BCC#get_table name keytype:? leaftype:? reducer:?
  RbBCC::BCC#ksymname name
  RbBCC::BCC#load_func func_name prog_type device:?
  RbBCC::BCC#module
  RbBCC::BCC#num_open_kprobes
  RbBCC::BCC#num_open_lsms
  RbBCC::BCC#num_open_tracepoints
  RbBCC::BCC#num_open_uprobes
  RbBCC::BCC#perf_buffer_poll timeout?
  RbBCC::BCC#perf_buffers
  RbBCC::BCC#ring_buffer_poll timeout?
  RbBCC::BCC#tables
  RbBCC::BCC#trace_fields
  RbBCC::BCC#trace_print fmt:?
  RbBCC::BCC#trace_readline
  RbBCC::BCC#tracefile
  RbBCC::Table.new bpf map_id map_fd keytype leaftype name
  RbBCC::TableBase.from_pin path keytype leaftype keysize:? leafsize:?
  RbBCC::TableBase.new bpf map_id map_fd keytype leaftype name:? keysize:? leafsize:?
  RbBCC::TableBase#[] key
  RbBCC::TableBase#[]= key leaf
  RbBCC::TableBase#bpf
  RbBCC::TableBase#clear
  RbBCC::TableBase#delete key
  RbBCC::TableBase#each
  RbBCC::TableBase#each_key
  RbBCC::TableBase#each_pair
  RbBCC::TableBase#each_value
  RbBCC::TableBase#fetch key
  RbBCC::TableBase#flags
  RbBCC::TableBase#items
  RbBCC::TableBase#keysize
  RbBCC::TableBase#keytype
  RbBCC::TableBase#leafsize
  RbBCC::TableBase#leaftype
  RbBCC::TableBase#map_fd
  RbBCC::TableBase#map_id
  RbBCC::TableBase#name
  RbBCC::TableBase#next key
  RbBCC::TableBase#pin! path
  RbBCC::TableBase#print_linear_hist val_type? section_header:? section_print_fn:? bucket_fn:? bucket_sort_fn:?
  RbBCC::TableBase#print_log2_hist val_type? section_header:? section_print_fn:? bucket_fn:? strip_leading_zero:? bucket_sort_fn:?
  RbBCC::TableBase#structured_key?
  RbBCC::TableBase#ttype
  RbBCC::TableBase#values
  RbBCC::ArrayTable#clearitem key
  RbBCC::ArrayTable#delete key
  RbBCC::ArrayTable#each
  RbBCC::ArrayTable#length
  RbBCC::ArrayTable#size
  RbBCC::PerfEventArray.new bpf map_id map_fd keytype leaftype name:?
  RbBCC::PerfEventArray#_open_perf_buffer cpu callback page_cnt lost_cb
  RbBCC::PerfEventArray#event data
  RbBCC::PerfEventArray#get_event_class
  RbBCC::PerfEventArray#open_perf_buffer page_cnt:? lost_cb:?
  RbBCC::RingBuf.from_pin path leaftype size name:?
  RbBCC::RingBuf.new bpf map_id map_fd keytype leaftype name:?
  RbBCC::RingBuf#event data
  RbBCC::RingBuf#get_event_class
  RbBCC::RingBuf#open_ring_buffer ctx?
  RbBCC::RingBuf#ring_buffer_poll timeout?
  RbBCC::StackTrace#get_stack stack_id
  RbBCC::StackTrace#walk stack_id resolve:?
  RbBCC::USDT.new pid:? path:?
  RbBCC::USDT#context
  RbBCC::USDT#enable_probe probe: fn_name:
  RbBCC::USDT#enumerate_active_probes
  RbBCC::USDT#path
  RbBCC::USDT#pid
  RbBCC::SymbolCache.[] pid
  RbBCC::SymbolCache.cache pid
  RbBCC::SymbolCache.caches
  RbBCC::SymbolCache.new pid
  RbBCC::SymbolCache.resolve_global name
  RbBCC::SymbolCache#resolve addr demangle
  RbBCC::SymbolCache#resolve_name _module name
  RbBCC::Invoker.new args
  RbBCC::Invoker#run
  RbBCC::Pointer.new p value_type:? size:?
  RbBCC::Pointer#raw_pointer
  RbBCC::Pointer#value
  RbBCC::CPUHelper._read_cpu_range path
  RbBCC::CPUHelper.get_online_cpus
  RbBCC::CPUHelper.get_possible_cpus
  RbBCC.print_linear_hist vals val_type
  RbBCC.print_log2_hist vals val_type strip_leading_zero
  RbBCC.stars val val_max width
  RbBCC::Plugin.find_script_name name
  RbBCC::Plugin.register!
  RbBCC::Plugin.scripts
  RbBCC::Util.debug msg
  RbBCC::Clib.libbcc_version
  RbBCC::Clib.libbcc_version= ver
  RbBCC::Clib.libbcc_version_gteq? ver
  RbBCC::Clib.system_libbcc_versions
  RbBCC::Clib.__extract_char ptr
  Fiddle::Pointer#bcc_size
  Fiddle::Pointer#bcc_size= size
  Fiddle::Pointer#bcc_value
  Fiddle::Pointer#bcc_value_type
  Fiddle::Pointer#bcc_value_type= type
  Fiddle::Pointer#to_bcc_value
  Redbee::Memory#bcc_size
  Redbee::Memory#bcc_size= size
  Redbee::Memory#bcc_value
  Redbee::Memory#bcc_value_type
  Redbee::Memory#bcc_value_type= type
  Redbee::Memory#to_bcc_value
LIST
