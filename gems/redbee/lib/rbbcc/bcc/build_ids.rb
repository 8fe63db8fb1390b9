# frozen_string_literal: true

module RbBCC
  class BCC
    # Functions of files by build id and offset, as BPF_STACK_TRACE_BUILDID keeps its frames: they have
    # names also when the process is gone.
    module BuildIds
      class << self
        def add(path)
          id = Redbee.build_id(path)
          files[id] = path if id
          id
        end

        # [name, offset, path], as of SymbolCache#resolve.
        def resolve(frame, demangle)
          path = files[frame.build_id.pack("C*").unpack1("H*")] if frame.status == StackTrace::BPF_STACK_BUILD_ID_VALID
          return [nil, frame.offset, nil] unless path

          name, offset, = Redbee.resolve_in_file(path, frame.offset, demangle)
          [name, offset, path]
        end

        private

        def files
          @files ||= {}
        end
      end
    end
  end
end
