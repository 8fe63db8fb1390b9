// needs: tracing since 5.11
BPF_TASK_STORAGE(per_task, u64);
int on_switch(unsigned long long *ctx) {
  struct task_struct *task = bpf_get_current_task_btf();
  u64 *count = per_task.task_storage_get(task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (count) *count += 1;
  if (count && *count > 100) per_task.task_storage_delete(task);
  return 0;
}
