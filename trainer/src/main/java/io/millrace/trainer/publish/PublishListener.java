package io.millrace.trainer.publish;

/** Told how a push goes. Called by the pushing thread. */
public interface PublishListener {
    /** Nobody listens. */
    PublishListener NONE = (path, sentBytes, totalBytes) -> {};

    /**
     * More has arrived.
     *
     * @param path file that is sent now
     * @param sentBytes bytes of all files that the registry has, those that it had before included
     * @param totalBytes bytes of all files
     */
    void sent(String path, long sentBytes, long totalBytes);
}
