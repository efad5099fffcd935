using Orleans;
using Orleans.Runtime;

namespace Sequin.Postgres.Tests.Log.Cluster;

public interface INotebookGrain : IGrainWithStringKey
{
    Task WriteAsync(string text);

    Task<string> ReadAsync();

    Task ClearAsync();

    /// <summary>So that the next read comes from storage.</summary>
    Task DeactivateAsync();

    Task<string[]> RemindAsync(string name);

    Task ForgetAsync(string name);
}

[GenerateSerializer]
public sealed class Notebook
{
    [Id(0)]
    public string Text { get; set; } = "";
}

internal sealed class NotebookGrain([PersistentState("notebook")] IPersistentState<Notebook> notebook) : Grain, INotebookGrain, IRemindable
{
    public Task WriteAsync(string text)
    {
        notebook.State = new Notebook { Text = text };
        return notebook.WriteStateAsync();
    }

    public Task<string> ReadAsync() => Task.FromResult(notebook.State.Text);

    public Task ClearAsync() => notebook.ClearStateAsync();

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task<string[]> RemindAsync(string name)
    {
        await this.RegisterOrUpdateReminder(name, TimeSpan.FromHours(1), TimeSpan.FromDays(40));
        return [.. (await this.GetReminders()).Select(reminder => reminder.ReminderName).Order()];
    }

    public async Task ForgetAsync(string name)
    {
        var reminder = await this.GetReminder(name);
        await this.UnregisterReminder(reminder!);
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;
}
