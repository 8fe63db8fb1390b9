// needs: kprobe
// Words that stand for something of the kernel's, unless the text has them for itself.
struct disk_event { char name[DISK_NAME_LEN]; int is_write; };
BPF_PERF_OUTPUT(events);
int look(struct pt_regs *ctx, struct request *req, int rw) {
  struct disk_event event = {.is_write = rw == WRITE ? WRITE : READ};
  struct gendisk *rq_disk = req->q->disk;
  bpf_probe_read_kernel(&event.name, sizeof(event.name), rq_disk->disk_name);
  events.perf_submit(ctx, &event, sizeof(event));
  return 0;
}
