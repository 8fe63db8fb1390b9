// Loads every program of each Image given into the running kernel, one at a time, and says which
// the verifier took:  load_image "KIND:FILE" ...  where KIND is what the program's `needs:` line
// says.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

std::string verifier_log;
bool is_logging = false;

int print(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG || !is_logging) return 0;
  char text[65536];
  const int n = vsnprintf(text, sizeof text, format, arguments);
  verifier_log += text;
  return n;
}

// How a function that only its caller can classify is loaded.
void classify(bpf_program* program, const std::string& needs) {
  static const std::map<std::string, std::pair<bpf_prog_type, int>> kTypes = {
      {"tracepoint", {BPF_PROG_TYPE_TRACEPOINT, 0}},
      {"raw_tracepoint", {BPF_PROG_TYPE_RAW_TRACEPOINT, 0}},
      {"sched_cls", {BPF_PROG_TYPE_SCHED_CLS, 0}},
      {"socket_filter", {BPF_PROG_TYPE_SOCKET_FILTER, 0}},
      {"cgroup_skb", {BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS}},
      {"sk_skb", {BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT}},
      {"tracing", {BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP}}};
  const auto found = kTypes.find(needs);
  if (found == kTypes.end()) return;
  bpf_program__set_type(program, found->second.first);
  if (found->second.second)
    bpf_program__set_expected_attach_type(program,
                                          static_cast<bpf_attach_type>(found->second.second));
  if (needs == "tracing") bpf_program__set_attach_target(program, 0, "sched_switch");
}

// The contents of .redbee.facts.
std::string facts_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.size() < sizeof(Elf64_Ehdr)) return "";
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(bytes.data());
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(bytes.data() + header->e_shoff);
  const char* names = bytes.data() + sections[header->e_shstrndx].sh_offset;
  for (int i = 0; i < header->e_shnum; ++i)
    if (!strcmp(names + sections[i].sh_name, ".redbee.facts"))
      return bytes.substr(sections[i].sh_offset, sections[i].sh_size);
  return "";
}

// A map of maps needs one of its kind to be created: made like the table it names.
void set_inner_maps(bpf_object* object, const nlohmann::json& facts, std::vector<int>& made) {
  for (const auto& map : facts["maps"]) {
    const std::string inner = map["inner"];
    if (inner.empty()) continue;
    bpf_map* outer = bpf_object__find_map_by_name(object, map["name"].get<std::string>().c_str());
    const bpf_map* like = bpf_object__find_map_by_name(object, inner.c_str());
    if (!outer || !like) continue;
    made.push_back(bpf_map_create(bpf_map__type(like), "inner", bpf_map__key_size(like),
                                  bpf_map__value_size(like), bpf_map__max_entries(like), nullptr));
    bpf_map__set_inner_map_fd(outer, made.back());
  }
}

// Loads the program at `index` alone, or with index -1 only the maps. Its name, empty past the end.
std::string load(const std::string& needs,
                 const char* path,
                 int index,
                 const nlohmann::json& facts,
                 bool& is_loaded) {
  bpf_object* object = bpf_object__open_file(path, nullptr);
  if (!object) return is_loaded = false, "open";
  std::string name = index < 0 ? "maps" : "";
  int at = 0;
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    const bool is_chosen = at++ == index;
    bpf_program__set_autoload(program, is_chosen);
    if (!is_chosen) continue;
    name = bpf_program__name(program);
    const std::string section = bpf_program__section_name(program);
    if (section == "fentry" || section == "fexit") {
      bpf_program__set_attach_target(program, 0, "vfs_read");
    } else if (section == "kprobe" || section == "tc" || section == "raw_tp") {
      classify(program, needs);
    }
  }
  if (name.empty()) return bpf_object__close(object), name;
  std::vector<int> inner;
  set_inner_maps(object, facts, inner);
  is_logging = true;
  verifier_log.clear();
  is_loaded = bpf_object__load(object) == 0;
  is_logging = false;
  for (int fd : inner) close(fd);
  bpf_object__close(object);
  return name;
}

}  // namespace

int main(int count, char** values) {
  libbpf_set_print(print);
  rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);
  int failures = 0, loads = 0;
  for (int i = 1; i < count; ++i) {
    const char* colon = strchr(values[i], ':');
    const std::string needs(values[i], static_cast<size_t>(colon - values[i]));
    const auto facts = nlohmann::json::parse(facts_of(colon + 1), nullptr, false);
    for (int index = -1;; ++index) {
      bool is_loaded = true;
      const std::string name = load(needs, colon + 1, index, facts, is_loaded);
      if (name.empty()) break;
      ++loads;
      failures += !is_loaded;
      printf("%s %s %s\n", is_loaded ? "ok" : "REFUSED", colon + 1, name.c_str());
      if (!is_loaded)
        printf("%s\n",
               verifier_log.substr(verifier_log.size() > 1500 ? verifier_log.size() - 1500 : 0)
                   .c_str());
    }
  }
  printf("%d loads, %d refused\n", loads, failures);
  return failures != 0;
}
