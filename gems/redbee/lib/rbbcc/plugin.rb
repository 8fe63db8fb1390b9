# frozen_string_literal: true

module RbBCC
  # Gems named rbbcc-NAME bring scripts that `rbbcc --invoke SCRIPT` finds. Such a gem's main file
  # calls RbBCC::Plugin.register!; its scripts lie in script/ beside lib/.
  module Plugin
    ScriptLocation = Struct.new(:name, :location)

    class << self
      def scripts
        @scripts ||= []
      end

      # The path of the script called `name`, with or without ".rb"; nil when there is none.
      def find_script_name(name)
        bare = name.delete_suffix(".rb")
        scripts.find { |script| script.name == bare }&.location
      end

      def register!
        main_file = caller_locations(1, 1).first.path
        folder = File.expand_path("../../script", main_file)
        unless File.directory?(folder)
          raise "#{main_file}: no folder #{folder}; a plugin keeps its scripts there"
        end

        Dir.glob("#{folder}/*.rb").sort.each do |path|
          scripts << ScriptLocation.new(File.basename(path, ".rb"), path)
        end
        scripts
      end
    end
  end
end
