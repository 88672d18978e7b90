package io.millrace.deploy;

import io.millrace.deploy.bench.BenchCommand;
import io.millrace.deploy.cli.CommandTree;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.command.CollectionCommand;
import io.millrace.deploy.command.DeleteCommand;
import io.millrace.deploy.command.EncodeCommand;
import io.millrace.deploy.command.GetCommand;
import io.millrace.deploy.command.IndexCommand;
import io.millrace.deploy.command.SearchCommand;
import io.millrace.deploy.eval.EvalCommand;
import io.millrace.deploy.expand.ExpandCommand;
import io.millrace.deploy.fsck.FsckCommand;
import io.millrace.deploy.lab.LabCommand;
import io.millrace.deploy.lexical.LexicalCommand;
import io.millrace.deploy.local.RoleCommand;
import io.millrace.deploy.local.ServeCommand;
import io.millrace.deploy.mine.MineCommand;
import io.millrace.deploy.preset.ContractCommand;
import io.millrace.deploy.publish.ModelCommand;
import io.millrace.deploy.quickstart.QuickstartCommand;
import io.millrace.deploy.reproduce.ReproduceCommand;
import io.millrace.deploy.score.ScoreCommand;
import io.millrace.deploy.score.TeacherCommand;
import io.millrace.deploy.snapshot.SnapshotCommand;
import io.millrace.deploy.train.TrainCommand;
import java.util.LinkedHashMap;
import java.util.Map;

/** The program {@code millrace}. */
public final class Main {
    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] arguments) {
        System.exit(commands(Console.system()).execute(arguments));
    }

    /** All commands over a console. */
    public static CommandTree commands(Console console) {
        Map<String, Object> commands = new LinkedHashMap<>();
        commands.put("quickstart", new QuickstartCommand(console));
        commands.put("serve", new ServeCommand(console));
        commands.put("coordinator", RoleCommand.coordinator());
        commands.put("worker", RoleCommand.worker());
        commands.put("index-server", RoleCommand.indexServer());
        commands.put("trainer", RoleCommand.trainer(TrainCommand.parts()));
        commands.put("fsck", new FsckCommand(console));
        commands.put("index", new IndexCommand(console));
        commands.put("search", new SearchCommand(console));
        commands.put("get", new GetCommand(console));
        commands.put("delete", new DeleteCommand(console));
        commands.put("encode", new EncodeCommand(console));
        commands.put("collection", new CollectionCommand(console));
        commands.put("model", ModelCommand.over(console));
        commands.put("snapshot", new SnapshotCommand(console));
        commands.put("eval", new EvalCommand(console));
        commands.put("reproduce", new ReproduceCommand(console));
        commands.put("lexical", new LexicalCommand(console));
        commands.put("contract", new ContractCommand(console));
        commands.put("expand", new ExpandCommand(console));
        commands.put("score", new ScoreCommand(console));
        commands.put("teacher", new TeacherCommand(console));
        commands.put("mine", new MineCommand(console));
        commands.put("train", TrainCommand.over(console));
        commands.put("lab", LabCommand.over(console));
        commands.put("bench", BenchCommand.over(console));
        return new CommandTree(console, commands);
    }
}
